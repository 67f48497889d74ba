package io.gatehouse.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A server for the batches of an http-log, in trouble until it recovers. */
final class HttpSink implements AutoCloseable {
    /** How it fails. */
    enum Trouble {
        ERRORS,
        SLOW,
        CLOSES
    }

    private final Set<String> ids = ConcurrentHashMap.newKeySet();
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private volatile @Nullable Trouble trouble;

    HttpSink(@Nullable Trouble trouble) throws IOException {
        this.trouble = trouble;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    private void handle(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        Trouble now = trouble;
        if (now == Trouble.CLOSES) {
            exchange.close();
            return;
        }
        if (now == Trouble.SLOW) {
            try {
                TimeUnit.SECONDS.sleep(2); // longer than the plugin waits
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        if (now == null) {
            for (JsonNode entry : Json.read(body)) {
                ids.add(entry.at("/request/id").asText());
            }
        }
        exchange.sendResponseHeaders(now == null ? 200 : 500, -1);
        exchange.close();
    }

    /** The plugin that logs to it, in YAML, with room for so many entries. */
    String plugin(int entries) {
        return """
                plugins:
                  - name: http-log
                    config:
                      http_endpoint: http://127.0.0.1:%d/
                      timeout: %d
                      queue:
                        max_batch_size: 20
                        max_coalescing_delay: 0.1
                        max_entries: %d
                        initial_retry_delay: 0.05
                        max_retry_delay: 0.2
                        max_retry_time: 600
                """.formatted(server.getAddress().getPort(), trouble == Trouble.SLOW ? 1000 : 10_000, entries);
    }

    /** The ids of all requests whose entries it has taken. */
    Set<String> ids() {
        return ids;
    }

    void recover() {
        trouble = null;
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
