package io.gatehouse.plugins.traffic.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A redis-server of a test, where one is on the PATH. */
public final class RealRedis implements AutoCloseable {
    private final int port;
    private final Process process;

    private RealRedis(int port, Process process) {
        this.port = port;
        this.process = process;
    }

    /** Starts one and waits until it takes connections; the test is skipped where there is no program for it. */
    public static RealRedis start(int port, String... options) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(program(), "--port", Integer.toString(port), "--bind", "127.0.0.1", "--save", ""));
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        BufferedReader log =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = log.readLine();
        while (line != null && !line.contains("Ready to accept connections")) {
            line = log.readLine();
        }
        assertThat(line).as("redis-server on port %d is ready", port).isNotNull();
        return new RealRedis(port, process);
    }

    /** A port that nobody listens on. */
    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Sends commands over a connection of its own, each of which answers OK. */
    public void commands(String... commands) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            for (String command : commands) {
                socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
                assertThat(new String(socket.getInputStream().readNBytes(5), StandardCharsets.US_ASCII))
                        .as(command)
                        .isEqualTo("+OK\r\n");
            }
        }
    }

    /** Ends it as a crash would, and waits until it is gone. */
    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }

    private static String program() {
        String program = Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
                .map(folder -> Path.of(folder, "redis-server").toFile())
                .filter(File::canExecute)
                .map(File::getPath)
                .findFirst()
                .orElse("");
        assumeTrue(!program.isEmpty(), "no redis-server on the PATH");
        return program;
    }
}
