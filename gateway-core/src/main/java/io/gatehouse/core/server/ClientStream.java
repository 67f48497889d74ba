package io.gatehouse.core.server;

import io.gatehouse.core.exchange.ClientPort;
import io.gatehouse.core.exchange.LiveExchange;
import io.gatehouse.core.exchange.Pace;
import io.gatehouse.core.exchange.TrailerFields;
import io.gatehouse.core.exchange.Watched;
import io.gatehouse.core.upstream.HopByHop;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.internal.buffer.BufferInternal;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayDeque;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One stream of HTTP/2: a request, where its body comes from, and where its answer goes. Bytes that nobody takes yet stay
 * out of the client's window, and an answer waits for the client's; so both directions are slowed down, each on its own.
 * What breaks off is reset, never politely ended. Event loop only.
 */
final class ClientStream extends Watched implements ClientSide, ClientPort, ReadStream<Buffer> {
    /** What HTTP/1 would need: frames are not counted, and fields as if they were lines. */
    private static final int STATUS_LINE = "HTTP/1.1 200 OK\r\n".length();

    private final ClientStreams line;
    private final Http2Stream stream;
    private final StreamHead head;
    private final boolean bodyFollows;

    private @Nullable LiveExchange exchange;
    private boolean waitsForContinue;

    // ---- the body that comes in
    private final ArrayDeque<Buffer> queue = new ArrayDeque<>(0);
    private @Nullable Handler<Buffer> handler;
    private @Nullable Handler<Void> endHandler;
    private @Nullable MultiMap trailers;
    private boolean paused;
    private boolean delivering;
    private boolean whole;
    private boolean told;
    private @Nullable Unwanted unwanted;
    private boolean lingers;

    // ---- the answer that goes out
    private int status;
    private MultiMap out = HttpHeaders.headers();
    private boolean headSent;
    private boolean ending;
    private boolean closed;
    private long written;
    private long progress;
    private boolean hurried = true;
    private boolean paced;
    private long paceLeft;
    private long sentBefore;
    private long watchedSince;
    private long granted;
    private @Nullable Runnable drained;

    /** A piece that could not be sent, for want of memory say: the next ones would make an answer that looks whole. */
    private final ChannelFutureListener resetWhenLost = sent -> {
        if (!sent.isSuccess()) {
            lost();
        }
    };

    ClientStream(ClientStreams line, Http2Stream stream, StreamHead head, boolean bodyFollows) {
        this.line = line;
        this.stream = stream;
        this.head = head;
        this.bodyFollows = bodyFollows;
        this.whole = !bodyFollows;
    }

    // ---- what the front door asks

    @Override
    public HttpMethod method() {
        return head.method();
    }

    @Override
    public String target() {
        return head.target();
    }

    @Override
    public MultiMap headers() {
        return head.headers();
    }

    @Override
    public HttpVersion version() {
        return HttpVersion.HTTP_2;
    }

    @Override
    public boolean tls() {
        return line.httpConnection().isSsl();
    }

    @Override
    public @Nullable String serverName() {
        return line.serverName();
    }

    @Override
    public HttpConnection connection() {
        return line.httpConnection();
    }

    @Override
    public Peer peer(Forwarding forwarding) {
        return line.peer(forwarding);
    }

    @Override
    public boolean bodyFollows() {
        return bodyFollows;
    }

    /** Nobody is upgraded from HTTP/2. */
    @Override
    public boolean upgrades() {
        return false;
    }

    @Override
    public ReadStream<Buffer> body() {
        return this;
    }

    @Override
    public ClientPort port(StrictHead strict) {
        waitsForContinue = strict.expectsContinue();
        return this;
    }

    @Override
    public void refuse(int code, MultiMap headers, Buffer body) {
        discardRest();
        head(code, headers, body.length(), true);
        end(body, null, sent -> {});
    }

    @Override
    public void serves(LiveExchange current) {
        exchange = current;
    }

    @Override
    public void converses() {
        hurried = false;
    }

    @Override
    public void served() {
        exchange = null;
        if (!lingers) {
            watch(false);
        }
    }

    @Override
    public @Nullable MultiMap trailers() {
        return trailers;
    }

    @Override
    public void distrust() {
        // other streams have their own heads: nothing of this one can be taken for a part of them
    }

    @Override
    public void requestBroken(Refusal why, String reason) {
        LiveExchange current = exchange;
        if (current != null) {
            current.requestBroken(why.status(), why.text(), reason);
        }
    }

    /** The client has gone, or broke the stream off. */
    void gone(String reason) {
        closed = true;
        watch(false);
        LiveExchange current = exchange;
        if (current != null) {
            current.clientGone(reason);
        }
        queue.clear();
    }

    // ---- what comes in

    boolean isReceiving() {
        return !whole && !closed;
    }

    /** Whether nothing more can come or be sent. */
    boolean isClosed() {
        return closed;
    }

    /** Whether the whole answer has been sent, and only the request goes on. */
    boolean isAnswered() {
        return lingers;
    }

    /** Whether the request has come whole. */
    boolean hasCome() {
        return whole;
    }

    /**
     * Takes a piece of the body.
     *
     * @return how many bytes of it the client may send more of already
     */
    int received(ByteBuf data) {
        int size = data.readableBytes();
        Unwanted rest = unwanted;
        if (rest != null) {
            rest.came(size);
            if (!rest.isTooMuch()) {
                return size;
            }
            if (lingers) {
                cutRest();
            }
            return 0;
        }
        if (size > 0) {
            queue.add(BufferInternal.buffer(Unpooled.buffer(size, size).writeBytes(data)));
            deliver();
        }
        return 0;
    }

    /** The body has come whole. */
    void receivedAll(@Nullable MultiMap fields) {
        whole = true;
        trailers = fields == null || fields.isEmpty() ? null : fields;
        deliver();
    }

    private void deliver() {
        if (delivering) {
            return;
        }
        delivering = true;
        try {
            while (!paused && !queue.isEmpty()) {
                Buffer next = queue.remove();
                line.consumed(stream, next.length());
                Handler<Buffer> to = handler;
                if (to != null) {
                    to.handle(next);
                }
            }
            if (!paused && whole && !told && queue.isEmpty()) {
                told = true;
                Handler<Void> to = endHandler;
                if (to != null) {
                    to.handle(null);
                }
            }
        } finally {
            delivering = false;
        }
    }

    @Override
    public void discardRest() {
        if (unwanted == null) {
            unwanted = new Unwanted(line.limits());
        }
        for (Buffer unread : queue) {
            line.consumed(stream, unread.length());
        }
        queue.clear();
    }

    @Override
    public ClientStream handler(@Nullable Handler<Buffer> to) {
        handler = to;
        return this;
    }

    @Override
    public ClientStream endHandler(@Nullable Handler<Void> to) {
        endHandler = to;
        return this;
    }

    /** That the client is gone is told to the exchange, which tells whoever reads. */
    @Override
    public ClientStream exceptionHandler(@Nullable Handler<Throwable> to) {
        return this;
    }

    @Override
    public ClientStream pause() {
        paused = true;
        return this;
    }

    @Override
    public ClientStream resume() {
        paused = false;
        deliver();
        return this;
    }

    @Override
    public ClientStream fetch(long amount) {
        throw new UnsupportedOperationException("fetch");
    }

    // ---- what goes out

    @Override
    public void sendContinue() {
        if (waitsForContinue && !headSent && !closed) {
            waitsForContinue = false;
            line.writeHeaders(stream, status(HttpResponseStatus.CONTINUE.code()), false, line.promise());
        }
    }

    static Http2Headers status(int status) {
        return new DefaultHttp2Headers(false, 8)
                .status(HttpResponseStatus.valueOf(status).codeAsText());
    }

    @Override
    public void head(int code, MultiMap headers, long length, boolean hasBody) {
        status = code;
        out = headers;
        if (hasBody && length >= 0) {
            out.set(HttpHeaders.CONTENT_LENGTH, Long.toString(length));
        }
    }

    @Override
    public boolean headSent() {
        return headSent || ending;
    }

    @Override
    public void flushHead() {
        if (!headSent && !closed) {
            sendHead(false, lossNoticed());
        }
    }

    private void sendHead(boolean last, ChannelPromise promise) {
        headSent = true;
        Http2Headers wire = status(status);
        for (Map.Entry<String, String> header : out) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            if (!HopByHop.isOfHttp1(name) && !name.equals("host")) {
                wire.add(name, header.getValue());
            }
        }
        line.writeHeaders(stream, wire, last, promise);
    }

    private ChannelPromise lossNoticed() {
        return line.promise().addListener(resetWhenLost);
    }

    @Override
    public void write(Buffer bytes) {
        if (closed || ending) {
            return;
        }
        flushHead();
        written += bytes.length();
        line.writeData(stream, ((BufferInternal) bytes).getByteBuf(), false, lossNoticed());
    }

    @Override
    public boolean isFull() {
        return !closed && !ending && !line.isWritable(stream);
    }

    @Override
    public void onDrain(Runnable action) {
        drained = action;
        watch(true);
    }

    /** The client takes more, or no more. */
    void writabilityChanged() {
        Runnable action = drained;
        if (action != null && line.isWritable(stream)) {
            drained = null;
            watch(false);
            action.run();
        }
    }

    @Override
    public void end(@Nullable Buffer last, @Nullable MultiMap fields, Done done) {
        if (closed || ending) {
            done.sent(false);
            return;
        }
        ending = true;
        drained = null;
        Http2Headers tail = trailing(fields);
        ByteBuf rest = last == null || last.length() == 0 ? null : ((BufferInternal) last).getByteBuf();
        ChannelPromise sent = line.promise();
        sent.addListener(outcome -> ended(outcome.isSuccess(), done));
        if (!headSent) {
            boolean all = rest == null && tail == null;
            sendHead(all, all ? sent : lossNoticed());
            if (all) {
                watch(!sent.isDone());
                return;
            }
        }
        if (rest != null || tail == null) {
            ByteBuf data = rest == null ? Unpooled.EMPTY_BUFFER : rest;
            written += data.readableBytes();
            line.writeData(stream, data, tail == null, tail == null ? sent : lossNoticed());
        }
        if (tail != null) {
            line.writeHeaders(stream, tail, true, sent);
        }
        watch(!sent.isDone());
    }

    private static @Nullable Http2Headers trailing(@Nullable MultiMap fields) {
        Http2Headers tail = null;
        if (fields != null) {
            for (Map.Entry<String, String> field : fields) {
                if (TrailerFields.allow(field.getKey())) {
                    tail = tail == null ? new DefaultHttp2Headers(false, 8) : tail;
                    tail.add(field.getKey().toLowerCase(Locale.ROOT), field.getValue());
                }
            }
        }
        return tail;
    }

    private void ended(boolean success, Done done) {
        watch(false);
        done.sent(success);
        if (!success || closed || !stream.state().remoteSideOpen()) {
            return;
        }
        if (waitsForContinue || line.isCrowded()) {
            cutRest(); // nothing will come, or others need the place
        } else {
            lingers = true;
            discardRest();
            linger();
        }
    }

    /** The answer is whole, the request is not: what still comes of it is dropped for a while. */
    void linger() {
        Unwanted rest = unwanted;
        if (lingers && rest != null) {
            if (rest.isTooMuch()) {
                cutRest();
            } else {
                line.watch(this, rest.linger(line.isStopping()));
            }
        }
    }

    private void cutRest() {
        line.reset(stream, Http2Error.NO_ERROR);
    }

    private void lost() {
        if (!closed) {
            reset();
            gone("closed");
        }
    }

    @Override
    public void reset() {
        watch(false);
        drained = null;
        if (!closed) {
            closed = true;
            line.reset(stream, Http2Error.INTERNAL_ERROR);
        }
    }

    @Override
    public MultiMap sentHeaders() {
        return out;
    }

    @Override
    public long bytesWritten() {
        return STATUS_LINE + written;
    }

    // ---- time

    private void watch(boolean on) {
        if (watchedSince != 0) {
            keepPace();
        }
        if (on) {
            progress = line.progress(stream);
            watchedSince = System.nanoTime() | 1;
            line.watch(this, watchedSince, hurried ? paceLeft() : Long.MAX_VALUE);
        } else {
            watchedSince = 0;
            line.unwatch(this);
        }
    }

    /** Only while bytes wait for the client does time go by; whatever it has taken before counts for it. */
    private long paceLeft() {
        Pace least = line.sendPace();
        if (!least.counts()) {
            return Long.MAX_VALUE;
        }
        if (!paced) {
            paced = true;
            paceLeft = least.start();
            keepPace();
        }
        return paceLeft;
    }

    private void keepPace() {
        if (paced) {
            long sent = line.sent(stream, granted);
            long waited = watchedSince == 0 ? 0 : System.nanoTime() - watchedSince;
            paceLeft = line.sendPace().after(paceLeft, waited, Math.max(0, sent - sentBefore));
            sentBefore = Math.max(sent, sentBefore);
        }
    }

    /** The client takes so many bytes more. */
    void granted(int bytes) {
        granted += bytes;
    }

    /** The client has not taken a byte of this answer for as long as it may, or is not done with a request that is answered. */
    @Override
    protected void expired() {
        Unwanted rest = unwanted;
        if (lingers && rest != null) {
            long more = rest.patience();
            if (more > 0) {
                line.watch(this, more);
            } else {
                cutRest();
            }
            return;
        }
        keepPace();
        if (line.progress(stream) != progress && !(hurried && paced && paceLeft <= 0)) {
            watchedSince = 0;
            watch(true);
        } else {
            reset();
            gone("send_timeout");
            line.stuck();
        }
    }
}
