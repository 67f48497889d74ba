package io.gatehouse.plugins.traffic.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** A redis-server of a test, where one is on the PATH. */
public final class RealRedis implements AutoCloseable {
    /** Bound for as long as the tests run, so that nobody is given a port that a test is to listen on later. */
    private static final ConcurrentLinkedQueue<Socket> RESERVED = new ConcurrentLinkedQueue<>();

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
        awaitFree(port);
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

    /** A port that nobody listens on, until somebody does who reuses addresses. */
    public static int freePort() throws IOException {
        Socket reserved = new Socket();
        RESERVED.add(reserved);
        reserved.setReuseAddress(true);
        reserved.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        return reserved.getLocalPort();
    }

    /** Waits while somebody listens: a listener is gone only when the thread that accepted on it has let go. */
    private static void awaitFree(int port) throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (true) {
            try (ServerSocket socket = new ServerSocket()) {
                socket.setReuseAddress(true);
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                return;
            } catch (BindException e) {
                if (System.nanoTime() - end >= 0) {
                    throw e;
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            }
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

    /** Lets it do nothing until {@link #goOn}; the operating system goes on taking connections and bytes for it. */
    public void stall() throws IOException, InterruptedException {
        signal("STOP");
    }

    /** Lets it go on. */
    public void goOn() throws IOException, InterruptedException {
        signal("CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("sh", "-c", "kill -" + name + ' ' + process.pid())
                        .start()
                        .waitFor())
                .as("kill -%s", name)
                .isZero();
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
