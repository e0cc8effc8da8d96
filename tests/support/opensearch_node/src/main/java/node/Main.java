package node;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.plugins.Plugin;
import org.opensearch.transport.Netty4Plugin;

/**
 * One OpenSearch node with HTTP: `node.Main HOME key=value ...`, until a signal or the end of the process OWNER. PLUGIN
 * is the class of another plugin, if any.
 */
public final class Main extends Node {
    private Main(Environment environment, List<Class<? extends Plugin>> plugins) {
        super(environment, plugins, true);
    }

    public static void main(String[] arguments) throws Exception {
        var settings = Settings.builder().put("path.home", arguments[0]);
        for (int i = 1; i < arguments.length; i++) {
            String[] pair = arguments[i].split("=", 2);
            settings.put(pair[0], pair[1]);
        }
        var environment = InternalSettingsPreparer.prepareEnvironment(
            settings.build(), Map.of(), Path.of(arguments[0], "config"), () -> "node");
        var plugins = new ArrayList<Class<? extends Plugin>>(List.of(Netty4Plugin.class));
        if (System.getenv("PLUGIN") != null) {
            plugins.add(Class.forName(System.getenv("PLUGIN")).asSubclass(Plugin.class));
        }
        var node = new Main(environment, plugins);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (Exception error) {
                error.printStackTrace();
            }
        }));
        node.start();
        long owner = Long.parseLong(System.getenv("OWNER"));
        while (ProcessHandle.of(owner).isPresent()) { // tests that are killed leave no node behind
            Thread.sleep(1000);
        }
        Runtime.getRuntime().halt(0);
    }
}
