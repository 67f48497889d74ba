package io.gatehouse.plugins.logging.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.testkit.GatewayExtension;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The books of a real gateway: lines written and entries dropped are the requests, whatever becomes of the file. */
class FileLogIT {
    private final Path folder = folder();
    private final Path path = folder.resolve("logs/access.log");

    @RegisterExtension
    final GatewayExtension gateway = GatewayExtension.of(yaml("false"));

    @AfterEach
    void clean() throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void losesNoLineToRotation() throws Exception {
        List<String> sent = new ArrayList<>();
        for (int round = 1; round <= 5; round++) {
            sent.addAll(send(40));
            await(() -> Files.exists(path)); // the first lines may still be on their way
            Files.move(path, path.resolveSibling("access.log." + round));
            if (round == 3) {
                assertThat(gateway.reload(yaml("true"))).isEmpty();
            }
        }
        sent.addAll(send(40));
        await(() -> lines() >= sent.size());

        assertThat(ids()).containsExactlyInAnyOrderElementsOf(sent);
        assertThat(dropped()).isZero();
    }

    @Test
    void losesNoLineWhileItsFolderIsGone() throws Exception {
        List<String> sent = new ArrayList<>(send(20));
        await(() -> lines() == 20);
        Path away = folder.resolve("away");
        Files.move(path.getParent(), away);
        sent.addAll(send(50));
        Files.createDirectory(path.getParent());
        await(() -> lines() == 50);
        Files.move(away.resolve("access.log"), path.resolveSibling("access.log.1"));

        assertThat(ids()).containsExactlyInAnyOrderElementsOf(sent);
        assertThat(dropped()).isZero();
    }

    @Test
    void hasWrittenEveryLineWhenTheGatewayHasStopped() throws Exception {
        List<String> sent = send(200);
        gateway.gateway().stop(Duration.ofSeconds(30));

        assertThat(ids()).containsExactlyInAnyOrderElementsOf(sent);
    }

    private double dropped() throws IOException, InterruptedException {
        return gateway.metric("gatehouse_log_entries_dropped_total");
    }

    private List<String> send(int count) {
        List<CompletableFuture<HttpResponse<Void>>> answers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            answers.add(gateway.client()
                    .sendAsync(gateway.request("/x/" + i).build(), HttpResponse.BodyHandlers.discarding()));
        }
        List<String> ids = new ArrayList<>();
        for (CompletableFuture<HttpResponse<Void>> answer : answers) {
            ids.add(answer.join().headers().firstValue("X-Kong-Request-Id").orElseThrow());
        }
        gateway.awaitIdle();
        return ids;
    }

    /** How many lines have their end in all files: a reader may come while one is being written. */
    private long lines() {
        long lines = 0;
        try (Stream<Path> files = Files.list(path.getParent())) {
            for (Path file : files.toList()) {
                lines += Files.readString(file).chars().filter(c -> c == '\n').count();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return lines;
    }

    /** The request ids of all lines in all files; fails for half a line. */
    private List<String> ids() {
        List<String> ids = new ArrayList<>();
        try (Stream<Path> files = Files.list(path.getParent())) {
            for (Path file : files.toList()) {
                for (String line : Files.readAllLines(file)) {
                    ids.add(JsonBytes.scan(Buffer.buffer(line)).text("/request/id"));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ids;
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("nothing came within 60 s");
            }
            java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
        }
    }

    private String yaml(String reopen) {
        return """
                _format_version: "3.0"
                routes:
                - {name: all, paths: [/x]}
                plugins:
                - {name: file-log, config: {path: "%s", reopen: %s}}
                """.formatted(path, reopen);
    }

    private static Path folder() {
        try {
            Path folder = Files.createTempDirectory("file-log-");
            Files.createDirectory(folder.resolve("logs"));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
