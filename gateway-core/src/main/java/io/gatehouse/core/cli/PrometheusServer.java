package io.gatehouse.core.cli;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A real Prometheus server as a child process, with its data in a folder that goes with it. */
final class PrometheusServer implements AutoCloseable {
    private final Process process;
    private final Path data;
    private final int port;

    private PrometheusServer(Process process, Path data, int port) {
        this.process = process;
        this.data = data;
        this.port = port;
    }

    /** The binary, or null when none is on the PATH. */
    static @Nullable Path find(String path) {
        for (String folder : path.split(File.pathSeparator, -1)) {
            Path binary = Path.of(folder.isEmpty() ? "." : folder, "prometheus");
            if (Files.isRegularFile(binary) && Files.isExecutable(binary)) {
                return binary;
            }
        }
        return null;
    }

    /**
     * Starts the server on 9090, or on any free port when that is taken.
     *
     * @param config the example's file, which scrapes Kong's Admin port on this machine
     * @param target the port to scrape instead
     */
    static PrometheusServer start(Path binary, Path config, int target) throws IOException {
        Path data = Files.createTempDirectory("gatehouse-prometheus-");
        Path used = Files.writeString(
                data.resolve("prometheus.yml"),
                Files.readString(config).replace("'localhost:8001'", "'localhost:" + target + "'"));
        int port = free(9090) ? 9090 : anyFree();
        Process process = new ProcessBuilder(List.of(
                        binary.toString(),
                        "--config.file=" + used,
                        "--storage.tsdb.path=" + data.resolve("data"),
                        "--web.listen-address=127.0.0.1:" + port))
                .redirectErrorStream(true)
                .redirectOutput(data.resolve("prometheus.log").toFile())
                .start();
        process.getOutputStream().close();
        return new PrometheusServer(process, data, port);
    }

    int port() {
        return port;
    }

    boolean running() {
        return process.isAlive();
    }

    /** The last line that the server logged. */
    String lastWords() throws IOException {
        List<String> lines = Files.readAllLines(data.resolve("prometheus.log"));
        return lines.isEmpty() ? "(nothing)" : lines.get(lines.size() - 1);
    }

    private static boolean free(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    private static int anyFree() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | UncheckedIOException e) {
            // left to the system, which empties its temporary folder
        }
    }
}
