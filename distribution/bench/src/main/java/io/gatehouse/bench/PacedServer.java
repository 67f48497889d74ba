package io.gatehouse.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.Locale;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;

/**
 * An upstream that answers each request with events at a fixed pace, the first at once. One thread without any layer, so
 * that it takes as little as possible from what is measured. Each event carries its time of sending ({@link
 * System#nanoTime}, after an {@code @}) for {@link StreamClient}, which runs in the same JVM.
 */
final class PacedServer implements AutoCloseable {
    static final int DIGITS = 19;
    private static final byte[] HEAD = ascii("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            + "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n");
    private static final byte[] EVENT = ascii(chunk(Chat.event("@" + "0".repeat(DIGITS))));
    private static final int STAMP = new String(EVENT, StandardCharsets.US_ASCII).indexOf('@') + 1;
    private static final byte[] END = ascii(chunk(Chat.USAGE + Chat.DONE) + "0\r\n\r\n");

    private final long interval;
    private final int events;
    private final Selector selector = Selector.open();
    private final ServerSocketChannel server = ServerSocketChannel.open();
    private final PriorityQueue<Connection> due = new PriorityQueue<>(Comparator.comparingLong(c -> c.due));
    private final ByteBuffer in = ByteBuffer.allocateDirect(64 * 1024);
    private final Thread thread;

    private static final class Connection {
        final SocketChannel channel;
        final StringBuilder request = new StringBuilder();
        ByteBuffer unsent = ByteBuffer.allocate(0);
        int sent;
        long due;

        Connection(SocketChannel channel) {
            this.channel = channel;
        }
    }

    /** Starts on a free port: {@code events} events a request, one each {@code interval}. */
    PacedServer(long interval, TimeUnit unit, int events) throws IOException {
        this.interval = unit.toNanos(interval);
        this.events = events;
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4096);
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
        thread = new Thread(this::run, "paced-server");
        thread.setDaemon(true);
        thread.start();
    }

    int port() {
        return server.socket().getLocalPort();
    }

    private void run() {
        try {
            while (server.isOpen()) {
                Connection first = due.peek();
                long wait = first == null ? 100 : (first.due - System.nanoTime()) / 1_000_000 + 1;
                if (wait > 0) {
                    selector.select(wait);
                } else {
                    selector.selectNow();
                }
                for (SelectionKey key : selector.selectedKeys()) {
                    if (key.isAcceptable()) {
                        accept();
                    } else {
                        read(key);
                    }
                }
                selector.selectedKeys().clear();
                long now = System.nanoTime();
                for (Connection next = due.peek(); next != null && next.due <= now; next = due.peek()) {
                    due.remove();
                    tick(next, now);
                }
            }
        } catch (IOException e) {
            if (server.isOpen()) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private void accept() throws IOException {
        for (SocketChannel channel = server.accept(); channel != null; channel = server.accept()) {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.register(selector, SelectionKey.OP_READ, new Connection(channel));
        }
    }

    private void read(SelectionKey key) {
        Connection connection = (Connection) key.attachment();
        in.clear();
        try {
            if (connection.channel.read(in) < 0) {
                drop(connection);
                return;
            }
        } catch (IOException e) {
            drop(connection);
            return;
        }
        in.flip();
        connection.request.append(StandardCharsets.ISO_8859_1.decode(in));
        int head = connection.request.indexOf("\r\n\r\n");
        if (head < 0) {
            return;
        }
        String fields = connection.request.substring(0, head).toLowerCase(Locale.ROOT) + "\r\n";
        int length = fields.indexOf("\r\ncontent-length:");
        if (length < 0) {
            throw new IllegalStateException("a request without Content-Length: " + fields);
        }
        int body = Integer.parseInt(fields.substring(length + 17, fields.indexOf("\r\n", length + 17))
                .trim());
        if (connection.request.length() >= head + 4 + body) {
            connection.request.setLength(0);
            connection.sent = 0;
            tick(connection, System.nanoTime());
        }
    }

    /** Sends what is still unsent, or the next event. */
    private void tick(Connection connection, long now) {
        try {
            if (connection.sent == 0) {
                ByteBuffer both = ByteBuffer.allocate(HEAD.length + EVENT.length);
                connection.unsent = both.put(HEAD).put(event(now)).flip();
                connection.sent = 1;
            } else if (!connection.unsent.hasRemaining()) {
                connection.sent++;
                connection.unsent = connection.sent < events
                        ? ByteBuffer.wrap(event(now))
                        : ByteBuffer.allocate(EVENT.length + END.length)
                                .put(event(now))
                                .put(END)
                                .flip();
            }
            connection.channel.write(connection.unsent);
        } catch (IOException e) {
            drop(connection);
            return;
        }
        if (connection.sent < events || connection.unsent.hasRemaining()) {
            // the pace counts from the event before, unless the reader is so slow that it lags by a second
            long next = connection.due == 0 || connection.sent == 1 ? now + interval : connection.due + interval;
            connection.due = Math.max(next, now - TimeUnit.SECONDS.toNanos(1));
            due.add(connection);
        }
    }

    private void drop(Connection connection) {
        due.remove(connection);
        try {
            connection.channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] event(long now) {
        byte[] event = EVENT.clone();
        for (int i = STAMP + DIGITS - 1; i >= STAMP; i--) {
            event[i] = (byte) ('0' + now % 10);
            now /= 10;
        }
        return event;
    }

    private static String chunk(String text) {
        return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public void close() throws IOException {
        server.close();
        selector.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }
}
