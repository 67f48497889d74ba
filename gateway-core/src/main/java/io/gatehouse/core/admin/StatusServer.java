package io.gatehouse.core.admin;

import io.gatehouse.core.service.NodeMemory;
import io.gatehouse.core.service.Scraper;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;

/**
 * The Status API (port 8100): metrics and health for machines, and nothing about the configuration. All that can be
 * changed is that the node says it is going away. Kong's shapes.
 *
 * <p>Any thread.
 */
public final class StatusServer {
    private final HttpServer server;

    private StatusServer(HttpServer server) {
        this.server = server;
    }

    /**
     * Opens a listener.
     *
     * @param loop the event loop of its connections
     * @param port 0 for any free one
     */
    public static Future<StatusServer> listen(
            Context loop, String host, int port, AdminView view, NodeMemory memory, Scraper metrics, Scraper internal) {
        Pages pages = new Pages(loop, view, memory, "X-Kong-Status-Request-ID");
        pages.common(metrics, internal);
        return pages.listen(new HttpServerOptions(), host, port).map(StatusServer::new);
    }

    /** The port it listens on. */
    public int port() {
        return server.actualPort();
    }

    /** Closes the listener and its connections. */
    public Future<Void> close() {
        return server.close();
    }
}
