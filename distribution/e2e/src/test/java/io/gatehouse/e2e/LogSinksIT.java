package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.gatehouse.simulator.LlmSimulator;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Rows 25 and 26 of the fault plan: what takes the log entries is in trouble. Clients must not notice, and every entry is
 * delivered in the end or counted as dropped.
 */
final class LogSinksIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final int REQUESTS = Effort.times(200);

    /** How a sink fails. */
    enum Trouble {
        ERRORS,
        SLOW,
        CLOSES
    }

    /** A server for entries. */
    private static final class HttpSink implements AutoCloseable {
        private final Set<String> ids = ConcurrentHashMap.newKeySet();
        private final HttpServer server;
        private final ExecutorService threads = Executors.newCachedThreadPool();
        private volatile @Nullable Trouble trouble;

        HttpSink(Trouble trouble) throws IOException {
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

        void recover() {
            trouble = null;
        }

        @Override
        public void close() {
            server.stop(0);
            threads.shutdownNow();
        }
    }

    private static PackagedGateway.Builder gateway(String name, String plugins) {
        LlmSimulator simulator = RUNNING.add(LlmSimulator.startAndAwait());
        return PackagedGateway.named(name).observed().yaml("kong.yaml", """
                services:
                  - name: web
                    url: %s
                    routes:
                      - {name: web, paths: [/web]}
                %s
                """.formatted(simulator.baseUrl(), plugins));
    }

    private static PackagedGateway httpLogging(String name, HttpSink sink, int entries) throws IOException {
        return RUNNING.add(gateway(name, """
                plugins:
                  - name: http-log
                    config:
                      http_endpoint: http://127.0.0.1:%d/
                      timeout: 1000
                      queue:
                        max_batch_size: 20
                        max_coalescing_delay: 0.1
                        max_entries: %d
                        initial_retry_delay: 0.05
                        max_retry_delay: 0.2
                        max_retry_time: 60
                """.formatted(sink.server.getAddress().getPort(), entries))
                .start());
    }

    private static void requests(PackagedGateway gateway) throws IOException {
        try (Wire wire = Wire.to(gateway.proxyPort())) {
            for (int i = 0; i < REQUESTS; i++) {
                assertThat(wire.send(Wire.request("GET", "/web/v1/models", ""))
                                .answer()
                                .status())
                        .isEqualTo(200);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void anHttpSinkInTroubleCostsNoEntry(Trouble trouble) throws Exception {
        HttpSink sink = RUNNING.add(new HttpSink(trouble));
        PackagedGateway gateway = httpLogging("http-log-" + trouble, sink, 10_000);

        requests(gateway);
        assertThat(sink.ids).isEmpty();
        sink.recover();

        Workplace.awaitTrue(Workplace.SOON, () -> sink.ids.size() == REQUESTS, () -> sink.ids.size() + " entries came");
        assertThat(dropped(gateway, "http-log")).isZero();
    }

    @Test
    void whatAnHttpSinkDoesNotGetIsCounted() throws Exception {
        HttpSink sink = RUNNING.add(new HttpSink(Trouble.ERRORS));
        PackagedGateway gateway = httpLogging("http-log-full", sink, 50);

        requests(gateway);
        sink.recover();

        Workplace.awaitTrue(
                Workplace.SOON,
                () -> sink.ids.size() + dropped(gateway, "http-log") == REQUESTS,
                () -> sink.ids.size() + " entries came, " + dropped(gateway, "http-log") + " were dropped");
        assertThat(dropped(gateway, "http-log")).isPositive();
        gateway.planted("http-log");
    }

    private static long dropped(PackagedGateway gateway, String plugin) {
        return gateway.metrics().sum("gatehouse_log_entries_dropped_total", "plugin", plugin);
    }

    @Test
    void aFileWhoseFolderIsGoneForAWhileGetsEveryLine() throws Exception {
        Path logs = Workplace.folderFor("file-log-folder");
        PackagedGateway gateway = RUNNING.add(gateway("file-log-gone", "")
                .accessLog(logs.resolve("access.log"))
                .start());
        requests(gateway);
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> gateway.entryLines().size() == REQUESTS,
                () -> gateway.entryLines().size() + "");
        Path aside = logs.resolveSibling("file-log-aside");
        Files.deleteIfExists(aside.resolve("access.log"));
        Files.deleteIfExists(aside);
        Files.move(logs, aside);
        requests(gateway);

        Files.move(aside, logs);

        Workplace.awaitTrue(
                Workplace.SOON,
                () -> gateway.entryLines().size() == 2L * REQUESTS,
                () -> gateway.entryLines().size() + " lines");
        assertThat(dropped(gateway, "file-log")).isZero();
    }

    @Test
    void aDiskThatIsFullForAWhileGetsEveryLineWhole() throws Exception {
        Path disk = Workplace.folderFor("small-disk");
        if (mount(disk, "-t", "tmpfs", "-o", "size=64k", "tmpfs") != 0) {
            System.out.println("skipped: a full disk: this user may not mount one");
            Assumptions.abort("a full disk: this user may not mount one");
        }
        try (PackagedGateway gateway = gateway("file-log-full", "")
                .accessLog(disk.resolve("access.log"))
                .start()) {
            requests(gateway);
            Workplace.awaitTrue(
                    Workplace.SOON,
                    () -> disk.toFile().getUsableSpace() < 4096,
                    () -> disk.toFile().getUsableSpace() + " bytes are left");
            requests(gateway);
            assertThat(mount(disk, "-o", "remount,size=16m")).isZero();

            Workplace.awaitTrue(
                    Workplace.SOON,
                    () -> gateway.entryLines().size() + dropped(gateway, "file-log") == 2L * REQUESTS,
                    () -> gateway.entryLines().size() + " lines");
            assertThat(gateway.entries()).allMatch(entry -> entry.has("request"));
        } finally {
            Workplace.Ran ran = Workplace.run(
                    Workplace.folderFor("umount"),
                    Workplace.cleanEnvironment(),
                    Workplace.SOON,
                    "umount",
                    disk.toString());
            assertThat(ran.exit()).as(ran.err()).isZero();
        }
    }

    private static int mount(Path disk, String... options) throws Exception {
        String[] command = new String[options.length + 2];
        command[0] = "mount";
        System.arraycopy(options, 0, command, 1, options.length);
        command[options.length + 1] = disk.toString();
        return Workplace.run(Workplace.folderFor("mount"), Workplace.cleanEnvironment(), Workplace.SOON, command)
                .exit();
    }
}
