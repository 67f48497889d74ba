package io.gatehouse.core.admin;

import io.gatehouse.core.config.ConfigText;
import io.gatehouse.core.service.NodeFacts;
import io.gatehouse.core.service.NodeMemory;
import io.gatehouse.core.service.Scraper;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Admin API (port 8001), in Kong's shapes: what the node is, its plugins and settings, its status and metrics, and the
 * configuration, to be read and changed.
 *
 * <p>Any thread.
 */
public final class AdminServer {
    /** The Kong release whose behaviour and tools this API follows. */
    public static final String KONG_VERSION = "3.15.0";

    private static final Logger LOG = LoggerFactory.getLogger(AdminServer.class);

    private final HttpServer server;

    private AdminServer(HttpServer server) {
        this.server = server;
    }

    /**
     * Opens a listener. Warns when other machines can reach it without a token. May ask the name service: not to be
     * called on an event loop.
     *
     * @param loop the event loop of its connections
     * @param port 0 for any free one
     * @param token what clients must send as {@code Kong-Admin-Token} or as bearer token; null for none
     * @param readToken what those may send instead that shall change nothing and see no secrets; null for none
     */
    public static Future<AdminServer> listen(
            Context loop,
            String host,
            int port,
            @Nullable String token,
            @Nullable String readToken,
            AdminView view,
            NodeMemory memory,
            Scraper metrics,
            Scraper internal) {
        boolean loopback = isLoopback(host);
        if (token == null && !loopback) {
            LOG.atWarn()
                    .addKeyValue("address", host)
                    .addKeyValue("port", port)
                    .log("The Admin API can be reached from other machines and asks for no token: set"
                            + " GATEHOUSE_ADMIN_TOKEN");
        }
        String hostname = hostname();
        Access access = new Access(token, readToken, loopback);
        Pages pages = new Pages(loop, view, memory, "X-Kong-Admin-Request-ID");
        EntityPages.markReading(pages);
        pages.router().route().handler(context -> {
            long start = System.nanoTime();
            context.addHeadersEndHandler(nothing -> context.response()
                    .putHeader("X-Kong-Admin-Latency", Long.toString((System.nanoTime() - start) / 1_000_000)));
            AuditLog.watch(context);
            access.check(context);
        });
        for (String path : new String[] {"/", "/kong"}) { // the latter is what clients ask of a workspace
            pages.page(path, context -> Pages.json(context, 200, root(view, memory, hostname)));
        }
        WorkspacePages.addTo(pages, Instant.now());
        pages.common(metrics, internal);
        new HealthPages(view).addTo(pages);
        new EntityPages(loop.owner(), view).addTo(pages);
        new PluginPages(view).addTo(pages);
        return pages.listen(
                        new HttpServerOptions()
                                .setMaxFormAttributeSize(ConfigText.LARGEST), // a form may carry a whole configuration
                        host,
                        port)
                .map(AdminServer::new);
    }

    /** The port it listens on. */
    public int port() {
        return server.actualPort();
    }

    /** Closes the listener and its connections. */
    public Future<Void> close() {
        return server.close();
    }

    private static JsonObject root(AdminView view, NodeMemory memory, String hostname) {
        NodeFacts node = view.node();
        JsonObject available = new JsonObject();
        for (Map.Entry<String, AdminView.AvailablePlugin> plugin : new TreeMap<>(view.availablePlugins()).entrySet()) {
            available.put(
                    plugin.getKey(),
                    new JsonObject()
                            .put("version", plugin.getValue().version())
                            .put("priority", plugin.getValue().priority()));
        }
        JsonArray enabled = new JsonArray();
        new TreeSet<>(view.enabledPlugins()).forEach(enabled::add);
        return new JsonObject()
                .put("tagline", "Welcome to gatehouse")
                .put("version", KONG_VERSION)
                .put("gatehouse_version", node.version())
                .put("edition", "community")
                .put("hostname", hostname)
                .put("node_id", node.nodeId())
                .put(
                        "timers",
                        new JsonObject().put("running", node.workersBusy()).put("pending", node.workersQueued()))
                .put("lua_version", "none")
                .put(
                        "plugins",
                        new JsonObject().put("available_on_server", available).put("enabled_in_cluster", enabled))
                .put("configuration", new JsonObject(view.settings()))
                .put(
                        "pids",
                        new JsonObject().put("master", memory.pid()).put("workers", new JsonArray().add(memory.pid())));
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false; // it will not listen either
        }
    }

    private static String hostname() {
        String name = System.getenv("HOSTNAME");
        if (name != null && !name.isEmpty()) {
            return name;
        }
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }
}
