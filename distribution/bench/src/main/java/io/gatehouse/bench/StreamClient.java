package io.gatehouse.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Reads many streams at once in the caller's thread: opens them, and as soon as one ends asks for the next on the same
 * connection. It knows just as much of HTTP as {@link PacedServer}'s answers need.
 */
final class StreamClient implements AutoCloseable {
    private static final byte[] REQUEST = request(Chat.STREAMED);
    /** The last chunk of an answer, with the line end of the one before. */
    private static final byte[] LAST = "\r\n0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final int port;
    private final Selector selector = Selector.open();
    private final List<Stream> streams = new ArrayList<>();
    private final ByteBuffer in = ByteBuffer.allocateDirect(256 * 1024);

    private Histogram delays = new Histogram();
    private Histogram firsts = new Histogram();
    private long events;
    private long failed;

    /** What one window of time saw; failures since the window before. */
    record Window(long events, long failed, Histogram delays, Histogram firsts, double seconds) {}

    private static final class Stream {
        final SocketChannel channel;
        long asked;
        boolean headSeen;
        boolean firstSeen;
        /** Digits of a time still to come, and those that were seen. */
        int digits;

        long stamp;
        int lastMatched;
        long events;

        Stream(SocketChannel channel) {
            this.channel = channel;
        }
    }

    StreamClient(int port) throws IOException {
        this.port = port;
    }

    /** Opens so many more, spread evenly over a time, while those that are open are read. */
    void open(int count, long millis) throws IOException {
        long begin = System.nanoTime();
        for (int i = 0; i < count; i++) {
            long at = begin + TimeUnit.MILLISECONDS.toNanos(millis) * i / count;
            SocketChannel channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            Stream stream = new Stream(channel);
            channel.register(selector, SelectionKey.OP_READ, stream);
            streams.add(stream);
            ask(stream);
            do {
                poll(at);
            } while (System.nanoTime() < at);
        }
    }

    /** Reads for so long and tells what came in that time. */
    Window read(double seconds) throws IOException {
        delays = new Histogram();
        firsts = new Histogram();
        events = 0;
        long begin = System.nanoTime();
        long end = begin + (long) (seconds * 1e9);
        while (System.nanoTime() < end) {
            poll(end);
        }
        Window window = new Window(events, failed, delays, firsts, (System.nanoTime() - begin) / 1e9);
        failed = 0;
        return window;
    }

    /** How many events each stream has had since it was opened. */
    long[] eventsOfEach() {
        return streams.stream().mapToLong(stream -> stream.events).toArray();
    }

    private void ask(Stream stream) throws IOException {
        stream.asked = System.nanoTime();
        stream.headSeen = false;
        stream.firstSeen = false;
        stream.digits = 0;
        stream.lastMatched = 0;
        ByteBuffer request = ByteBuffer.wrap(REQUEST);
        while (request.hasRemaining()) {
            stream.channel.write(request);
        }
    }

    private void poll(long until) throws IOException {
        long wait = (until - System.nanoTime()) / 1_000_000;
        if (wait > 0) {
            selector.select(wait);
        } else {
            selector.selectNow();
        }
        for (SelectionKey key : selector.selectedKeys()) {
            Stream stream = (Stream) key.attachment();
            in.clear();
            int read;
            try {
                read = stream.channel.read(in);
            } catch (IOException e) {
                read = -1;
            }
            if (read < 0) {
                failed++;
                stream.channel.close();
            } else {
                in.flip();
                take(stream);
            }
        }
        selector.selectedKeys().clear();
    }

    private void take(Stream stream) throws IOException {
        long now = System.nanoTime();
        if (!stream.headSeen && in.remaining() >= 12) {
            stream.headSeen = true;
            if (in.get(9) != '2') {
                failed++;
            }
        }
        boolean ended = false;
        while (in.hasRemaining()) {
            byte b = in.get();
            if (stream.digits > 0) {
                stream.stamp = stream.stamp * 10 + (b - '0');
                if (--stream.digits == 0) {
                    delays.record(now - stream.stamp);
                }
            } else if (b == '@') {
                events++;
                stream.events++;
                stream.stamp = 0;
                stream.digits = PacedServer.DIGITS;
                if (!stream.firstSeen) {
                    stream.firstSeen = true;
                    firsts.record(now - stream.asked);
                }
            }
            if (b == LAST[stream.lastMatched]) {
                ended = ++stream.lastMatched == LAST.length;
                if (ended) {
                    break;
                }
            } else {
                stream.lastMatched = b == LAST[0] ? 1 : 0;
            }
        }
        if (ended) {
            ask(stream);
        }
    }

    @Override
    public void close() throws IOException {
        for (Stream stream : streams) {
            stream.channel.close();
        }
        selector.close();
    }

    private static byte[] request(String body) {
        return ("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n" + Chat.HEADERS + "Content-Length: "
                        + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
    }
}
