package io.gatehouse.core.exchange;

import io.gatehouse.api.Attempt;
import io.gatehouse.api.Attributes;
import io.gatehouse.api.Failure;
import io.gatehouse.api.Target;
import org.jspecify.annotations.Nullable;

/** An attempt while it runs: the upstream writes down what happens, the exchange can cancel it. */
public final class LiveAttempt implements Attempt {
    private final Target target;
    private final String method;
    private final String uri;
    private final Attributes attributes;
    private final AttemptListener listener;
    private final long startedAtMillis;
    private final long startedAfterNanos;
    private final long startNanos = System.nanoTime();
    private @Nullable String address;
    private int port;
    private int status;
    private @Nullable Failure failure;
    private long connectNanos = -1;
    private long headNanos = -1;
    private long endNanos = -1;
    private @Nullable Runnable canceller;
    private @Nullable StreamReader body;

    /** Starts an attempt of an exchange. */
    public LiveAttempt(
            LiveExchange exchange,
            Target target,
            String method,
            String uri,
            Attributes attributes,
            AttemptListener listener) {
        this.target = target;
        this.method = method;
        this.uri = uri;
        this.attributes = attributes;
        this.listener = listener;
        this.port = target.port();
        this.startedAfterNanos = exchange.elapsedNanos();
        this.startedAtMillis = exchange.startedAtMillis() + startedAfterNanos / 1_000_000;
    }

    /** Where it goes; the address is null as long as only a name is known. */
    public void reaches(@Nullable String address, int port) {
        this.address = address;
        this.port = port;
    }

    /** There is a connection. */
    public void connected(@Nullable String address, int port) {
        reaches(address, port);
        this.connectNanos = System.nanoTime() - startNanos;
    }

    /** The response head is there. */
    public void head(int status) {
        this.status = status;
        this.headNanos = System.nanoTime() - startNanos;
        listener.answered(status, headNanos);
    }

    /** The response has a body, to be read by this. */
    public void body(StreamReader reader) {
        this.body = reader;
    }

    boolean waitsForBody() {
        StreamReader reader = body;
        return reader != null && reader.isWaitedFor();
    }

    /** The attempt is over: its body was read, or it failed. The first call counts. */
    public void ended(@Nullable Failure failure) {
        if (endNanos < 0) {
            this.endNanos = System.nanoTime() - startNanos;
            this.failure = failure;
            this.canceller = null;
            listener.ended(failure);
        }
    }

    /** Whether the attempt is over. */
    public boolean isEnded() {
        return endNanos >= 0;
    }

    /** What cancelling this attempt shall do. */
    public void onCancel(Runnable action) {
        this.canceller = action;
    }

    void cancel() {
        Runnable action = canceller;
        if (action != null) {
            canceller = null;
            action.run();
        }
    }

    @Override
    public Target target() {
        return target;
    }

    @Override
    public @Nullable String address() {
        return address;
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public String uri() {
        return uri;
    }

    @Override
    public String method() {
        return method;
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public @Nullable Failure failure() {
        return failure;
    }

    @Override
    public long startedAtMillis() {
        return startedAtMillis;
    }

    @Override
    public long startedAfterNanos() {
        return startedAfterNanos;
    }

    @Override
    public long connectNanos() {
        return connectNanos;
    }

    @Override
    public long headNanos() {
        return headNanos;
    }

    @Override
    public long endNanos() {
        return endNanos;
    }

    @Override
    public Attributes attributes() {
        return attributes;
    }
}
