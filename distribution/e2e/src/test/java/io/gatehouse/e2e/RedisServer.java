package io.gatehouse.e2e;

import java.io.IOException;
import java.nio.file.Path;

/** A real redis-server that keeps nothing on disk. */
final class RedisServer implements AutoCloseable {
    private final Process process;
    private final int port;

    private RedisServer(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Starts one; the suite is skipped by name where there is no program for it. */
    static RedisServer start(String suite) throws IOException {
        Path folder = Workplace.folderFor("redis-" + suite);
        Path log = folder.resolve(Workplace.OUTPUT);
        // another process may take the port between the look and the start: then another one is tried
        for (int attempt = 0; attempt < 3; attempt++) {
            int port = Workplace.freePort();
            Process started = Workplace.listening(
                    folder,
                    () -> Workplace.read(log).contains("Ready to accept connections"),
                    Peers.program("redis-server", suite).toString(),
                    "--port",
                    Integer.toString(port),
                    "--bind",
                    "127.0.0.1",
                    "--save",
                    "");
            if (started != null) {
                return new RedisServer(started, port);
            }
        }
        throw new AssertionError("redis-server does not start: " + Workplace.read(log));
    }

    int port() {
        return port;
    }

    @Override
    public void close() throws IOException {
        Workplace.end(process);
    }
}
