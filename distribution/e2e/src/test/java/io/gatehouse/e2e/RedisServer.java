package io.gatehouse.e2e;

import java.io.IOException;
import java.nio.file.Path;

/** A real redis-server that keeps nothing on disk. */
final class RedisServer implements AutoCloseable {
    private final Process process;

    private RedisServer(Process process) {
        this.process = process;
    }

    /** Starts one; the suite is skipped by name where there is no program for it. */
    static RedisServer start(int port, String suite) throws IOException {
        Path folder = Workplace.folderFor("redis-" + suite);
        Path log = folder.resolve("output.log");
        Process started = new ProcessBuilder(
                        Peers.program("redis-server", suite).toString(),
                        "--port",
                        Integer.toString(port),
                        "--bind",
                        "127.0.0.1",
                        "--save",
                        "")
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> Workplace.read(log).contains("Ready to accept connections"),
                () -> "redis-server does not listen: " + log);
        return new RedisServer(started);
    }

    @Override
    public void close() throws IOException {
        Workplace.end(process);
    }
}
