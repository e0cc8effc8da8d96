// The address of the session is that of the page, by whatever name or proxy it was reached.
const page = window.location;
const scheme = page.protocol === "https:" ? "wss:" : "ws:";
const folder = page.pathname.replace(/[^/]*$/, "");
document.getElementById("terminal").dataset.sessionWebsocketUrl = `${scheme}//${page.host}${folder}ws`;
document.getElementById("again").addEventListener("click", () => page.reload());
