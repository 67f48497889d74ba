package io.gatehouse.simulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A raw TCP server on the loopback interface that does what its {@link ServerScript}s say, right or wrong,
 * and records what each connection sent and how it ended.
 *
 * <pre>{@code
 * try (FaultServer server = FaultServer.start(ServerScript.resetting(), ServerScript.answering("{}"))) {
 *     // the first connection is reset, all others are answered
 *     ...
 *     server.await(ConnectionRecord::ended, Duration.ofSeconds(5)).join();
 * }
 * }</pre>
 *
 * <p>Scripts block, so every connection has a daemon thread of its own. All methods are thread-safe and
 * return at once, but for the moments that binding a port takes.
 */
public final class FaultServer implements AutoCloseable {
    static final Logger LOG = LoggerFactory.getLogger(FaultServer.class);

    /** How many connections a listener that is to drop further ones is filled up with. */
    private static final int FILLERS = 8;

    /** How many connections may wait to be taken: a test may open hundreds at once. */
    private static final int BACKLOG = 4096;

    private record Waiter(
            int count, Predicate<ConnectionRecord> filter, CompletableFuture<List<ConnectionRecord>> future) {}

    private final InetAddress address;
    private final int port;
    private final long seed;
    private final int capture;
    private final int receiveBuffer;
    private final Semaphore releases = new Semaphore(0);
    private final CountDownLatch stopped = new CountDownLatch(1);

    private final List<FaultConnection> connections = new ArrayList<>();
    private final List<Waiter> waiters = new ArrayList<>();
    private final List<SocketChannel> fillers = new ArrayList<>();
    private List<ServerScript> scripts;
    private int scriptsFrom;
    private @Nullable ServerSocket listener;
    private @Nullable Socket placeholder;
    private volatile boolean waiting;

    private FaultServer(Builder builder, List<ServerScript> scripts) throws IOException {
        this.address = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
        this.seed = builder.seed;
        this.capture = builder.capture;
        this.receiveBuffer = builder.receiveBuffer;
        this.scripts = List.copyOf(scripts);
        ServerSocket bound = bind(builder.port, BACKLOG);
        this.port = bound.getLocalPort();
        this.listener = bound;
    }

    /**
     * Starts a server on any free port. The first connection runs the first script, and so on; the last
     * script is for all further ones.
     */
    public static FaultServer start(ServerScript... scripts) {
        return builder().start(scripts);
    }

    /** A builder: any free port, seed 1, 64 KiB kept of what each connection sends. */
    public static Builder builder() {
        return new Builder();
    }

    /** Settings of a server. Not thread-safe. */
    public static final class Builder {
        private int port;
        private long seed = 1;
        private int capture = 64 * 1024;
        private int receiveBuffer;

        private Builder() {}

        /** Port to listen on; 0 (the default) is any free one. */
        public Builder port(int port) {
            this.port = port;
            return this;
        }

        /** Seed of the garbage. */
        public Builder seed(long seed) {
            this.seed = seed;
            return this;
        }

        /** How many bytes are kept of what each connection sends. */
        public Builder capture(int bytes) {
            this.capture = bytes;
            return this;
        }

        /** Size of the socket's receive buffer in bytes; the operating system sets a lower limit. */
        public Builder receiveBuffer(int bytes) {
            this.receiveBuffer = bytes;
            return this;
        }

        /**
         * Starts the server; see {@link FaultServer#start}.
         *
         * @throws IllegalStateException if the port cannot be bound
         */
        public FaultServer start(ServerScript... scripts) {
            if (scripts.length == 0) {
                throw new IllegalArgumentException("scripts: 0 (expected: at least 1)");
            }
            try {
                FaultServer server = new FaultServer(this, List.of(scripts));
                server.accept();
                return server;
            } catch (IOException e) {
                throw new IllegalStateException("port: " + port + " cannot be bound: " + e.getMessage(), e);
            }
        }
    }

    private ServerSocket bind(int wanted, int backlog) throws IOException {
        ServerSocket socket = new ServerSocket();
        try {
            socket.setReuseAddress(true);
            if (receiveBuffer > 0) {
                socket.setReceiveBufferSize(receiveBuffer);
            }
            socket.bind(new InetSocketAddress(address, wanted), backlog);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private void accept() {
        ServerSocket socket = listener;
        if (socket != null) {
            daemon("fault-server-" + port, () -> accept(socket));
        }
    }

    private static void daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept(ServerSocket socket) {
        while (true) {
            Socket accepted;
            try {
                accepted = socket.accept();
                accepted.setTcpNoDelay(true);
            } catch (IOException e) {
                if (!socket.isClosed()) {
                    LOG.warn("Accepting on port {} failed", port, e);
                }
                return;
            }
            FaultConnection connection;
            synchronized (this) {
                int index = connections.size();
                ServerScript script = scripts.get(Math.min(index - scriptsFrom, scripts.size() - 1));
                connection = new FaultConnection(this, accepted, index, script, seed, capture);
                connections.add(connection);
            }
            daemon("fault-connection-" + port, connection);
            changed();
        }
    }

    /** The port that it listens on, or would. */
    public int port() {
        return port;
    }

    /** {@code http://127.0.0.1:PORT}, without a slash at the end. */
    public String baseUrl() {
        return "http://127.0.0.1:" + port;
    }

    /** Sets the scripts for the connections from now on, the last one for all further ones. */
    public synchronized void script(ServerScript... next) {
        if (next.length == 0) {
            throw new IllegalArgumentException("scripts: 0 (expected: at least 1)");
        }
        scripts = List.of(next);
        scriptsFrom = connections.size();
    }

    /** From now on new connections are refused. The port stays reserved; old connections live on. */
    public synchronized void refuse() {
        unbind();
        try {
            placeholder = whenFree(() -> {
                Socket reserved = new Socket();
                try {
                    reserved.setReuseAddress(true);
                    reserved.bind(new InetSocketAddress(address, port));
                    return reserved;
                } catch (IOException e) {
                    reserved.close();
                    throw e;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException("port " + port + " cannot be reserved", e);
        }
    }

    /** A bind that waits a moment: a listener is gone only when the thread that accepted on it has let go. */
    private interface Bind<T> {
        T bind() throws IOException;
    }

    private static <T> T whenFree(Bind<T> bind) throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (true) {
            try {
                return bind.bind();
            } catch (BindException e) {
                if (System.nanoTime() - end >= 0) {
                    throw e;
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            }
        }
    }

    /**
     * From now on new connections are neither accepted nor refused: their packets are dropped, so that the
     * peer's connect time-out has to end them. For Linux, whose kernel drops what comes to a full listener.
     */
    public synchronized void blackhole() {
        unbind();
        try {
            listener = whenFree(() -> bind(port, 1));
            for (int i = 0; i < FILLERS; i++) {
                SocketChannel filler = SocketChannel.open();
                fillers.add(filler);
                filler.configureBlocking(false);
                filler.connect(new InetSocketAddress(address, port));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("port " + port + " cannot be bound", e);
        }
    }

    /** Listens again after {@link #refuse()} or {@link #blackhole()}. */
    public synchronized void listen() {
        unbind();
        try {
            listener = whenFree(() -> bind(port, BACKLOG));
        } catch (IOException e) {
            throw new UncheckedIOException("port " + port + " cannot be bound", e);
        }
        accept();
    }

    private synchronized void unbind() {
        try {
            for (SocketChannel filler : fillers) {
                filler.close();
            }
            fillers.clear();
            if (listener != null) {
                listener.close();
                listener = null;
            }
            if (placeholder != null) {
                placeholder.close();
                placeholder = null;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("port " + port + " cannot be released", e);
        }
    }

    /** Lets {@code count} scripts that wait in {@link ServerScript.Builder#awaitRelease} go on. */
    public void release(int count) {
        releases.release(count);
    }

    /** Lets one script that waits go on. */
    public void release() {
        release(1);
    }

    void awaitRelease() throws InterruptedException {
        releases.acquire();
        if (stopped.getCount() == 0) {
            throw new InterruptedException();
        }
    }

    void awaitStop() throws InterruptedException {
        stopped.await();
    }

    /** Waits this long, less if the server is closed. */
    void sleep(Duration duration) throws InterruptedException {
        if (stopped.await(duration.toNanos(), TimeUnit.NANOSECONDS)) {
            throw new InterruptedException();
        }
    }

    /** All connections so far, in the order of acceptance. */
    public List<ConnectionRecord> connections() {
        List<FaultConnection> all;
        synchronized (this) {
            all = new ArrayList<>(connections);
        }
        List<ConnectionRecord> records = new ArrayList<>(all.size());
        for (FaultConnection connection : all) {
            records.add(connection.record());
        }
        return records;
    }

    /** How many requests all connections have read. */
    public int requests() {
        int requests = 0;
        for (ConnectionRecord connection : connections()) {
            requests += connection.requests();
        }
        return requests;
    }

    /**
     * The first connection that fits, once there is one; fails with a
     * {@link java.util.concurrent.TimeoutException} after {@code limit}. The filter must not block.
     */
    public CompletableFuture<ConnectionRecord> await(Predicate<ConnectionRecord> filter, Duration limit) {
        return await(1, filter, limit).thenApply(found -> found.get(0));
    }

    /** The first {@code count} connections that fit, once there are so many; fails as the other. */
    public CompletableFuture<List<ConnectionRecord>> await(
            int count, Predicate<ConnectionRecord> filter, Duration limit) {
        Waiter waiter = new Waiter(count, filter, new CompletableFuture<>());
        synchronized (this) {
            waiters.add(waiter);
            waiting = true;
        }
        changed();
        return waiter.future
                .orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((found, failure) -> forget(waiter));
    }

    private synchronized void forget(Waiter waiter) {
        waiters.remove(waiter);
        waiting = !waiters.isEmpty();
    }

    void ended(FaultConnection connection) {
        LOG.debug("{}", connection.record());
        changed();
    }

    void changed() {
        if (!waiting) {
            return;
        }
        List<Waiter> all;
        synchronized (this) {
            all = new ArrayList<>(waiters);
        }
        List<ConnectionRecord> records = connections();
        for (Waiter waiter : all) {
            List<ConnectionRecord> found = new ArrayList<>();
            for (ConnectionRecord record : records) {
                if (found.size() < waiter.count && waiter.filter.test(record)) {
                    found.add(record);
                }
            }
            if (found.size() >= waiter.count) {
                waiter.future.complete(List.copyOf(found));
            }
        }
    }

    /** Stops listening and closes every connection. */
    @Override
    public void close() {
        unbind();
        stopped.countDown();
        List<FaultConnection> all;
        synchronized (this) {
            all = new ArrayList<>(connections);
        }
        all.forEach(FaultConnection::stop);
        releases.release(1_000_000);
    }
}
