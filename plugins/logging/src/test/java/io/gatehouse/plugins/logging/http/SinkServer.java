package io.gatehouse.plugins.logging.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.api.json.JsonValue;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A real HTTP server that takes log entries, and stops doing so as a test wants it. */
final class SinkServer implements AutoCloseable {
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<String> ids = new ArrayList<>();
    private final List<HttpRequestSeen> requests = new ArrayList<>();
    private final int port;
    private @Nullable HttpServer server;
    private volatile int status = 200;
    private volatile CountDownLatch gate = new CountDownLatch(0);

    /** A request with the ids of its entries. */
    record HttpRequestSeen(
            String method, String uri, @Nullable String authorization, String contentType, String body) {}

    SinkServer() throws IOException {
        port = open(0);
    }

    int port() {
        return port;
    }

    /** Answers with this status from now on; the entries count only when it is below 300. */
    void answers(int code) {
        status = code;
    }

    /** Lets requests wait until {@link #goOn}. */
    void stall() {
        gate = new CountDownLatch(1);
    }

    void goOn() {
        gate.countDown();
    }

    /** Refuses connections until {@link #up}. */
    synchronized void down() {
        HttpServer running = server;
        if (running != null) {
            running.stop(0);
            server = null;
        }
    }

    /** Waits a moment where the thread that accepted before has not let go of the port yet. */
    void up() throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (true) {
            try {
                open(port);
                return;
            } catch (BindException e) {
                if (System.nanoTime() - end >= 0) {
                    throw e;
                }
                LockSupport.parkNanos(5_000_000);
            }
        }
    }

    /** The request ids of all entries that were taken, in order. */
    synchronized List<String> ids() {
        return List.copyOf(ids);
    }

    synchronized List<HttpRequestSeen> requests() {
        return List.copyOf(requests);
    }

    private synchronized int open(int at) throws IOException {
        HttpServer opened = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), at), 50);
        opened.setExecutor(threads);
        opened.createContext("/", this::take);
        opened.start();
        server = opened;
        return opened.getAddress().getPort();
    }

    private void take(HttpExchange exchange) throws IOException {
        try (exchange) {
            String body = new String(exchange.getRequestBody().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            try {
                if (!gate.await(60, TimeUnit.SECONDS)) {
                    return;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            int code = status;
            synchronized (this) {
                requests.add(new HttpRequestSeen(
                        exchange.getRequestMethod(),
                        exchange.getRequestURI().toString(),
                        exchange.getRequestHeaders().getFirst("Authorization"),
                        exchange.getRequestHeaders().getFirst("Content-Type"),
                        body));
                if (code < 300) {
                    JsonBytes json = JsonBytes.scan(Buffer.buffer(body));
                    if (body.startsWith("[")) {
                        for (JsonValue entry : json.elements("")) {
                            ids.add(entry.text("/request/id"));
                        }
                    } else {
                        ids.add(json.text("/request/id"));
                    }
                }
            }
            byte[] answer = "thanks".getBytes(java.nio.charset.StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(code, answer.length);
            exchange.getResponseBody().write(answer);
        }
    }

    @Override
    public void close() {
        goOn();
        down();
        threads.shutdownNow();
    }
}
