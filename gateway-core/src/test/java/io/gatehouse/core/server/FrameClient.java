package io.gatehouse.core.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.NullUnmarked;

/** A client of HTTP/2 that sends frame by frame what it is told to, right or wrong, and shows each frame that it gets. */
@NullUnmarked
final class FrameClient implements AutoCloseable {
    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    static final int END_STREAM = 1;
    static final int ACK = 1;
    static final int END_HEADERS = 4;

    /** A frame that came. */
    record Frame(int type, int flags, int stream, ByteBuf payload, Http2Headers headers) {
        boolean ends() {
            return (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
        }

        String text() {
            return payload.toString(ISO_8859_1);
        }

        /** Of a reset, a farewell or a window: what it says. */
        long number() {
            return payload.getUnsignedInt(type == GOAWAY ? 4 : 0);
        }

        @Override
        public String toString() {
            String what = switch (type) {
                case DATA -> "data " + text();
                case HEADERS -> "headers " + headers;
                case RST_STREAM -> "reset " + number();
                case GOAWAY -> "goaway " + number();
                default -> "type " + type;
            };
            return "#" + stream + " " + what + (ends() ? " (end)" : "");
        }
    }

    private final Socket socket;
    private final DataInputStream in;
    private ByteArrayOutputStream held;
    private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);

    /** Says hello on a connection; {@code settings} are pairs of an identifier and a value. */
    FrameClient(Socket socket, int... settings) throws IOException {
        this(socket, null, settings);
    }

    private FrameClient(Socket socket, ByteArrayOutputStream held, int... settings) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        this.held = held;
        this.in = new DataInputStream(socket.getInputStream());
        bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(ISO_8859_1));
        ByteBuffer pairs = ByteBuffer.allocate(settings.length * 3);
        for (int i = 0; i < settings.length; i += 2) {
            pairs.putShort((short) settings[i]).putInt(settings[i + 1]);
        }
        frame(SETTINGS, 0, 0, pairs.array());
        frame(SETTINGS, ACK, 0);
    }

    static FrameClient of(Rig rig, int... settings) throws IOException {
        return new FrameClient(rig.connect(), settings);
    }

    /** Says hello together with what follows, in one piece with {@link #release()}. */
    static FrameClient holding(Rig rig, int... settings) throws IOException {
        return new FrameClient(rig.connect(), new ByteArrayOutputStream(), settings);
    }

    void bytes(byte[] bytes) throws IOException {
        if (held == null) {
            socket.getOutputStream().write(bytes);
        } else {
            held.writeBytes(bytes);
        }
    }

    /** What is sent from now on leaves in one piece with {@link #release()}. */
    FrameClient hold() {
        held = new ByteArrayOutputStream();
        return this;
    }

    void release() throws IOException {
        byte[] all = held.toByteArray();
        held = null;
        bytes(all);
    }

    static byte[] bytes(int type, int flags, int stream, byte... payload) {
        return ByteBuffer.allocate(9 + payload.length)
                .put((byte) (payload.length >> 16))
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    FrameClient frame(int type, int flags, int stream, byte... payload) throws IOException {
        bytes(bytes(type, flags, stream, payload));
        return this;
    }

    /** The fields of a good head: those of this one, with what is given as names and values on top. */
    static Http2Headers head(String method, String path, String... more) {
        Http2Headers headers = new DefaultHttp2Headers(false)
                .method(method)
                .scheme("http")
                .path(path)
                .authority("a");
        return with(headers, more);
    }

    static Http2Headers with(Http2Headers headers, String... more) {
        for (int i = 0; i < more.length; i += 2) {
            headers.add(more[i], more[i + 1]);
        }
        return headers;
    }

    byte[] encoded(int stream, Http2Headers headers) throws Exception {
        ByteBuf block = Unpooled.buffer();
        encoder.encodeHeaders(stream, headers, block);
        return ByteBufUtil.getBytes(block);
    }

    FrameClient head(int stream, boolean last, Http2Headers headers) throws Exception {
        return frame(HEADERS, END_HEADERS | (last ? END_STREAM : 0), stream, encoded(stream, headers));
    }

    FrameClient get(int stream, String path, String... more) throws Exception {
        return head(stream, true, head("GET", path, more));
    }

    FrameClient data(int stream, boolean last, String text) throws IOException {
        return frame(DATA, last ? END_STREAM : 0, stream, text.getBytes(ISO_8859_1));
    }

    FrameClient reset(int stream) throws IOException {
        return frame(RST_STREAM, 0, stream, (byte) 0, (byte) 0, (byte) 0, (byte) 8);
    }

    FrameClient window(int stream, int more) throws IOException {
        return frame(
                WINDOW_UPDATE, 0, stream, ByteBuffer.allocate(4).putInt(more).array());
    }

    /** The next frame; null when the connection has ended. */
    Frame next() throws Exception {
        try {
            int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
            int type = in.readUnsignedByte();
            int flags = in.readUnsignedByte();
            int stream = in.readInt();
            byte[] payload = in.readNBytes(length);
            return new Frame(
                    type,
                    flags,
                    stream,
                    Unpooled.wrappedBuffer(payload),
                    type == HEADERS ? decoder.decodeHeaders(stream, Unpooled.wrappedBuffer(payload)) : null);
        } catch (EOFException | SocketException ended) {
            return null;
        }
    }

    /** Reads until a frame of some kind comes. */
    Frame await(Predicate<Frame> wanted) throws Exception {
        List<Frame> seen = new ArrayList<>();
        for (Frame frame = next(); frame != null; frame = next()) {
            if (wanted.test(frame)) {
                return frame;
            }
            seen.add(frame);
        }
        throw new AssertionError("the connection has ended after " + seen);
    }

    /** Reads a stream's frames until it ends, whole or not. */
    List<Frame> answer(int stream) throws Exception {
        List<Frame> all = new ArrayList<>();
        do {
            all.add(await(frame -> frame.stream() == stream && frame.type() != WINDOW_UPDATE));
        } while (!all.get(all.size() - 1).ends() && all.get(all.size() - 1).type() != RST_STREAM);
        return all;
    }

    /** The status, and the body behind it, of an answer that ends whole. */
    String whole(int stream) throws Exception {
        List<Frame> frames = answer(stream);
        assertThat(frames.get(frames.size() - 1).ends()).as("%s", frames).isTrue();
        StringBuilder body = new StringBuilder();
        for (Frame frame : frames) {
            if (frame.type() == DATA) {
                body.append(frame.text());
            }
        }
        Http2Headers head = frames.get(0).headers();
        return (head == null ? "" : head.status() + " ") + body;
    }

    /** Reads on until the connection ends, and gives the code of the last farewell; -1 without one. */
    long farewell() throws Exception {
        long code = -1;
        for (Frame frame = next(); frame != null; frame = next()) {
            code = frame.type() == GOAWAY ? frame.number() : code;
        }
        return code;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
