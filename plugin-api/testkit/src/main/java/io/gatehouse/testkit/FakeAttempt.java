package io.gatehouse.testkit;

import io.gatehouse.api.Attempt;
import io.gatehouse.api.Attributes;
import io.gatehouse.api.Failure;
import io.gatehouse.api.Target;
import org.jspecify.annotations.Nullable;

/**
 * An attempt whose facts a test sets.
 *
 * <pre>{@code
 * Attempt attempt = FakeAttempt.to(Target.to("https", "api.example", 443).build()).status(200).headNanos(7_000_000);
 * }</pre>
 */
public final class FakeAttempt implements Attempt {
    private final Target target;
    private @Nullable String address = "127.0.0.1";
    private String uri = "/";
    private String method = "GET";
    private int status;
    private @Nullable Failure failure;
    private long startedAtMillis = FakeClock.START.toEpochMilli();
    private long startedAfterNanos;
    private long connectNanos = -1;
    private long headNanos = -1;
    private long endNanos = -1;
    private Attributes attributes = new Attributes();

    private FakeAttempt(Target target) {
        this.target = target;
    }

    /** An attempt to reach this target, without an answer yet. */
    public static FakeAttempt to(Target target) {
        return new FakeAttempt(target);
    }

    /** Sets the remote address, or null when there was no connection. */
    public FakeAttempt address(@Nullable String address) {
        this.address = address;
        return this;
    }

    /** Sets what was sent. */
    public FakeAttempt request(String method, String uri) {
        this.method = method;
        this.uri = uri;
        return this;
    }

    /** Sets the status of the answer. */
    public FakeAttempt status(int status) {
        this.status = status;
        return this;
    }

    /** Sets why it failed. */
    public FakeAttempt failure(@Nullable Failure failure) {
        this.failure = failure;
        return this;
    }

    /** Sets when it started: on the wall clock, and since the start of the exchange. */
    public FakeAttempt started(long atMillis, long afterNanos) {
        this.startedAtMillis = atMillis;
        this.startedAfterNanos = afterNanos;
        return this;
    }

    /** Sets the time to the connection. */
    public FakeAttempt connectNanos(long nanos) {
        this.connectNanos = nanos;
        return this;
    }

    /** Sets the time to the response head. */
    public FakeAttempt headNanos(long nanos) {
        this.headNanos = nanos;
        return this;
    }

    /** Sets the time to the end of the response body. */
    public FakeAttempt endNanos(long nanos) {
        this.endNanos = nanos;
        return this;
    }

    /** Sets what the request's attributes held. */
    public FakeAttempt attributes(Attributes attributes) {
        this.attributes = attributes;
        return this;
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
        return target.port();
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
