package io.gatehouse.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A process that was started here: its port, its CPU time and its memory as the kernel counts them. */
final class Program implements AutoCloseable {
    private final Process process;
    private final String name;
    private final Path log;
    private final int port;

    private Program(Process process, String name, Path log, int port) {
        this.process = process;
        this.name = name;
        this.log = log;
        this.port = port;
    }

    /** Starts it and does not wait; its output goes to {@code log}. */
    static Program start(String name, int port, List<String> command, Map<String, String> environment, Path log)
            throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        return new Program(builder.start(), name, log, port);
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    int port() {
        return port;
    }

    long pid() {
        return process.pid();
    }

    boolean alive() {
        return process.isAlive();
    }

    String log() throws IOException {
        return Files.readString(log, StandardCharsets.UTF_8);
    }

    /** Its name, whether it still runs, and the end of its output. */
    String describe() throws IOException {
        return name + (alive() ? ", which still runs" : ", which has ended with exit code " + process.exitValue())
                + ":\n" + lastLines();
    }

    private String lastLines() throws IOException {
        List<String> lines = log().lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
    }

    /** Waits for the first answer with status 200 to a chat request with this body. */
    Program awaitAnswer(String body) throws IOException, InterruptedException {
        byte[] request = ("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                        + Chat.HEADERS + "Content-Length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        String last = "no answer";
        while (System.nanoTime() < deadline) {
            int pause = 2;
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
                socket.setSoTimeout(5000);
                socket.getOutputStream().write(request);
                last = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
                if (last.endsWith(" 200")) {
                    return this;
                }
                pause = 20;
            } catch (IOException e) {
                last = e.toString();
            }
            if (!process.isAlive()) {
                throw new IOException(name + " ended by itself:\n" + lastLines());
            }
            TimeUnit.MILLISECONDS.sleep(pause);
        }
        throw new IOException(name + " gave no answer with status 200 within a minute (" + last + "):\n" + lastLines());
    }

    /** Waits until its port takes connections. */
    Program awaitListening() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (System.nanoTime() < deadline && process.isAlive()) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
                return this;
            } catch (IOException e) {
                TimeUnit.MILLISECONDS.sleep(2);
            }
        }
        throw new IOException(name + " does not listen on port " + port + ":\n" + lastLines());
    }

    /**
     * Waits, at most ten seconds, until it uses next to no CPU time. A JVM under full load on few processors leaves its
     * compiler no time; what it has queued up would be counted later as the cost of requests.
     */
    void awaitQuiet() throws IOException, InterruptedException {
        for (int i = 0; i < 50; i++) {
            long before = cpuMicros();
            TimeUnit.MILLISECONDS.sleep(200);
            if (cpuMicros() - before <= 10_000) {
                return;
            }
        }
    }

    /** User and system time of all its threads so far, in microseconds; the kernel counts hundredths of a second. */
    long cpuMicros() throws IOException {
        String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * 10_000;
    }

    /** Resident memory in KB. */
    long rssKb() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        return 0;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
