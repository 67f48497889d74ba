package io.gatehouse.core.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gatehouse.api.RedisOptions;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The redis-servers of a test, where one is on the PATH. */
final class RealRedis implements AutoCloseable {
    private final Path folder;
    private final List<Process> servers = new ArrayList<>();

    RealRedis(Path folder) {
        this.folder = folder;
    }

    /** Starts one and waits until it takes connections. */
    Process start(int port, String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                program().getPath(),
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no"));
        command.addAll(List.of(options));
        File log = Files.createTempFile(folder, "redis", ".log").toFile();
        Process server = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
        servers.add(server);
        while (!Files.readString(log.toPath()).contains("Ready to accept connections")) {
            assertThat(server.isAlive()).as(Files.readString(log.toPath())).isTrue();
            Thread.onSpinWait();
        }
        return server;
    }

    /** Starts one at a free port, which it tells. */
    int start(String... options) throws IOException {
        int port = freePort();
        start(port, options);
        return port;
    }

    /** Sends a command that answers OK. */
    static void command(int port, String command) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readNBytes(5), StandardCharsets.US_ASCII))
                    .as(command)
                    .isEqualTo("+OK\r\n");
        }
    }

    static RedisOptions.Builder at(int port) {
        return RedisOptions.at("127.0.0.1", port).timeout(Duration.ofSeconds(10));
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static File program() {
        for (String path : System.getenv("PATH").split(File.pathSeparator, -1)) {
            File file = new File(path, "redis-server");
            if (file.canExecute()) {
                return file;
            }
        }
        assumeTrue(false, "no redis-server on the PATH");
        throw new AssertionError();
    }

    @Override
    public void close() {
        servers.forEach(server -> server.destroyForcibly().onExit().join());
    }
}
