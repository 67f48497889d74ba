package io.gatehouse.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The Admin API under the real decK: how long ten thousand entities take to sync into an empty gateway, what that does to the
 * latency of traffic beside it, and how long one edit takes once they are there. Prints each figure with its target.
 */
final class AdminBench {
    private static final int SERVICES = 2500;
    private static final int ROUTES = 4000;
    private static final int CONSUMERS = 1000;
    private static final int PLUGINS = 1500;
    private static final int EDITS = 200;
    private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Path folder;
    private final Path packaged;

    private AdminBench(Path folder, Path packaged) {
        this.folder = folder;
        this.packaged = packaged;
    }

    /** Runs it; needs decK on the PATH. */
    public static void main(String[] arguments) throws Exception {
        Path folder = Files.createDirectories(
                Path.of(System.getProperty("bench.target")).resolve("admin"));
        new AdminBench(folder, Path.of(System.getProperty("gatehouse.home"))).run();
    }

    /** With a route that the gateway answers itself, so that nothing but it is measured. */
    private static String yaml(boolean whole) {
        StringBuilder text = new StringBuilder("""
                _format_version: "3.0"
                services:
                - name: quick
                  url: http://127.0.0.1:9
                  routes: [{name: quick, paths: [/quick], plugins: [{name: request-termination, config: {status_code: 200}}]}]
                """);
        if (!whole) {
            return text.toString();
        }
        for (int i = 0; i < SERVICES; i++) {
            text.append("- {name: s").append(i).append(", host: a").append(i).append(".test, port: 80}\n");
        }
        text.append("routes:\n");
        for (int i = 0; i < ROUTES; i++) {
            text.append("- {name: r").append(i).append(", service: {name: s").append(i % SERVICES);
            text.append("}, paths: [/p").append(i).append("]}\n");
        }
        text.append("consumers:\n");
        for (int i = 0; i < CONSUMERS; i++) {
            text.append("- {username: u")
                    .append(i)
                    .append(", keyauth_credentials: [{key: key-")
                    .append(i);
            text.append("}]}\n");
        }
        text.append("plugins:\n");
        for (int i = 0; i < PLUGINS; i++) {
            text.append("- {name: rate-limiting, route: r").append(i).append(", config: {minute: ");
            text.append(i + 1).append("}}\n");
        }
        return text.toString();
    }

    private void run() throws Exception {
        Path start = Files.writeString(folder.resolve("start.yaml"), yaml(false));
        Path whole = Files.writeString(folder.resolve("whole.yaml"), yaml(true));
        Path state = folder.resolve("state");
        Files.deleteIfExists(state);
        int proxy = Program.freePort();
        int admin = Program.freePort();
        List<String> command = List.of(
                packaged.resolve("bin/gatehouse").toString(),
                "start",
                "--config",
                start.toString(),
                "--proxy-listen",
                "127.0.0.1:" + proxy,
                "--admin-listen",
                "127.0.0.1:" + admin,
                "--status-listen",
                "off");
        try (Program gateway = Program.start(
                "Gatehouse",
                proxy,
                command,
                Map.of("GATEHOUSE_ADMIN_STATE_FILE", state.toString()),
                folder.resolve("gateway.log"))) {
            gateway.awaitListening();
            try (Traffic warm = new Traffic(proxy)) {
                TimeUnit.SECONDS.sleep(10);
                tell("p99 of traffic while its code is new", warm.p99Millis(), "ms", Double.MAX_VALUE);
            }
            double before;
            try (Traffic quiet = new Traffic(proxy)) {
                TimeUnit.SECONDS.sleep(20);
                before = quiet.p99Millis();
                tell("p99 of traffic before the sync", before, "ms", Double.MAX_VALUE);
            }
            int entities = SERVICES + ROUTES + 2 * CONSUMERS + PLUGINS;
            // the first of a process meets code that was never run, and its compiler takes a share of the processors
            for (String which : List.of("first", "second")) {
                try (Traffic beside = new Traffic(proxy)) {
                    tell(which + " sync of " + entities + " entities", deck(admin, "sync", whole), "s", 60);
                    tell("p99 of traffic during it", beside.p99Millis(), "ms", 2 * before);
                    tell("requests that failed during it", beside.failed(), "", 0);
                }
                if (which.equals("first")) {
                    tell("sync back to the first file", deck(admin, "sync", start), "s", Double.MAX_VALUE);
                }
            }
            tell("sync that changes nothing", deck(admin, "sync", whole), "s", Double.MAX_VALUE);
            List<Double> edits = new ArrayList<>();
            for (int i = 0; i < EDITS; i++) {
                edits.add(edit(admin, i));
            }
            Collections.sort(edits);
            tell("one edit, median", edits.get(EDITS / 2), "ms", 100);
            tell("one edit, p99", edits.get(EDITS - 1 - EDITS / 100), "ms", Double.MAX_VALUE);
        }
    }

    private static void tell(String what, double figure, String unit, double target) {
        String text = String.format(Locale.ROOT, "%-40s %10.2f %s", what, figure, unit);
        System.out.println(
                target == Double.MAX_VALUE
                        ? text
                        : text
                                + String.format(
                                        Locale.ROOT,
                                        " (at most %.2f: %s)",
                                        target,
                                        figure <= target ? "reached" : "MISSED"));
    }

    private double deck(int admin, String what, Path file) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        Process deck = new ProcessBuilder(
                        "deck",
                        "gateway",
                        what,
                        "--kong-addr",
                        "http://127.0.0.1:" + admin,
                        "--analytics=false",
                        file.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("deck.log").toFile())
                .start();
        if (deck.waitFor() != 0) {
            throw new IOException("deck gateway " + what + ": " + Files.readString(folder.resolve("deck.log")));
        }
        return (System.nanoTime() - begin) / 1e9;
    }

    private double edit(int admin, int number) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + admin + "/services/s" + number % SERVICES))
                .header("Content-Type", "application/json")
                .method("PATCH", HttpRequest.BodyPublishers.ofString("{\"retries\":" + (number % 7 + 1) + "}"))
                .build();
        long begin = System.nanoTime();
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException(response.statusCode() + " " + response.body());
        }
        return (System.nanoTime() - begin) / 1e6;
    }

    /** Requests at set times, whether or not the one before was slow: the time counts from when one was due. */
    private final class Traffic implements AutoCloseable {
        private final AtomicBoolean enough = new AtomicBoolean();
        private final Thread thread;
        private double[] millis = new double[1024];
        private int count;
        private int failed;

        Traffic(int port) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/quick"))
                    .build();
            thread = new Thread(() -> send(request), "traffic");
            thread.start();
        }

        private void send(HttpRequest request) {
            for (long due = System.nanoTime(); !enough.get(); due += PERIOD_NANOS) {
                try {
                    TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
                    int status = client.send(request, HttpResponse.BodyHandlers.discarding())
                            .statusCode();
                    took((System.nanoTime() - due) / 1e6, status == 200);
                } catch (IOException e) {
                    took((System.nanoTime() - due) / 1e6, false);
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        private synchronized void took(double time, boolean good) {
            if (count == millis.length) {
                millis = Arrays.copyOf(millis, 2 * count);
            }
            millis[count++] = time;
            failed += good ? 0 : 1;
        }

        synchronized double p99Millis() {
            double[] sorted = Arrays.copyOf(millis, count);
            Arrays.sort(sorted);
            return count == 0 ? 0 : sorted[count - 1 - count / 100];
        }

        synchronized int failed() {
            return failed;
        }

        @Override
        public void close() {
            enough.set(true);
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
