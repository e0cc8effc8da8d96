// The address of the session is that of the page, by whatever name or proxy it was reached.
const page = window.location;
const scheme = page.protocol === "https:" ? "wss:" : "ws:";
const folder = page.pathname.replace(/[^/]*$/, "");
document.getElementById("terminal").dataset.sessionWebsocketUrl = `${scheme}//${page.host}${folder}ws`;

// Keys go to the terminal as soon as the session is connected, and to the button when it has ended: no mouse is needed.
const again = document.getElementById("again");
again.addEventListener("click", () => page.reload());
new MutationObserver(() => {
  const state = document.body.classList;
  const target = state.contains("-closed") ? again : document.querySelector(".xterm-helper-textarea");
  if (state.contains("-loaded") && target !== document.activeElement) target.focus();
}).observe(document.body, { attributes: true, attributeFilter: ["class"] });
