package io.gatehouse.testkit;

import io.gatehouse.api.Attempt;
import io.gatehouse.api.Attributes;
import io.gatehouse.api.Consumer;
import io.gatehouse.api.Credential;
import io.gatehouse.api.Directory;
import io.gatehouse.api.Exchange;
import io.gatehouse.api.Redaction;
import io.gatehouse.api.RequestHead;
import io.gatehouse.api.Route;
import io.gatehouse.api.Service;
import io.gatehouse.api.ai.AiCall;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An exchange whose facts a test sets. {@link PluginTester} makes its own; a test of what only reads an exchange, such as
 * a log writer, makes one by hand:
 *
 * <pre>{@code
 * FakeExchange exchange = new FakeExchange(clock).route(FakeRoute.named("r")).consumer(directory.add("alice"));
 * Completion completion = FakeCompletion.of(exchange).status(200).build();
 * }</pre>
 */
public final class FakeExchange implements Exchange {
    private final FakeClock clock;
    private final long startNanos;
    private final long startMillis;
    private final Attributes attributes = new Attributes();
    private final List<Attempt> attempts = new ArrayList<>();
    private final List<AiCall> aiCalls = new ArrayList<>();
    private final Map<String, Object> logFields = new LinkedHashMap<>();
    private final List<Runnable> onEnd = new ArrayList<>();
    private final Promise<Void> retiring = Promise.promise();
    private String id = "0123456789abcdef0123456789abcdef";
    private RequestHead original = FakeHead.of(HttpMethod.GET, "/");
    private String clientAddress = "127.0.0.1";
    private @Nullable Route route;
    private @Nullable Service service;
    private Map<String, String> uriCaptures = Map.of();
    private @Nullable Consumer consumer;
    private @Nullable Credential credential;
    private Directory directory = new FakeDirectory();
    private Redaction credentialsRead = new Redaction(Set.of(), Set.of(), Set.of());
    private Supplier<Redaction> redaction = () -> FakeCompletion.DEFAULT_REDACTION;
    private boolean ended;

    /** An exchange that starts now. */
    public FakeExchange(FakeClock clock) {
        this.clock = Objects.requireNonNull(clock, "clock");
        this.startNanos = clock.nanos();
        this.startMillis = clock.millis();
    }

    /** Sets the request id. */
    public FakeExchange id(String id) {
        this.id = id;
        return this;
    }

    /** Sets the client's head. */
    public FakeExchange original(RequestHead head) {
        this.original = head;
        return this;
    }

    /** Sets the client's address. */
    public FakeExchange clientAddress(String address) {
        this.clientAddress = address;
        return this;
    }

    /** Sets the matched route. */
    public FakeExchange route(@Nullable Route route) {
        this.route = route;
        return this;
    }

    /** Sets the matched route's service. */
    public FakeExchange service(@Nullable Service service) {
        this.service = service;
        return this;
    }

    /** Sets what the route's regex captured. */
    public FakeExchange uriCaptures(Map<String, String> captures) {
        this.uriCaptures = Map.copyOf(captures);
        return this;
    }

    /** Sets the consumer, as an auth plugin further out would have done. */
    public FakeExchange consumer(@Nullable Consumer consumer) {
        this.consumer = consumer;
        return this;
    }

    /** Sets the credential, as an auth plugin further out would have done. */
    public FakeExchange credential(@Nullable Credential credential) {
        this.credential = credential;
        return this;
    }

    /** Sets the directory. */
    public FakeExchange directory(Directory directory) {
        this.directory = directory;
        return this;
    }

    /** Sets which parts of the request carry credentials; {@link FakeCompletion#DEFAULT_REDACTION} unless set. */
    public FakeExchange redaction(Redaction redaction) {
        return redaction(() -> redaction);
    }

    FakeExchange redaction(Supplier<Redaction> redaction) {
        this.redaction = redaction;
        return this;
    }

    /** Adds an attempt. */
    public FakeExchange attempt(Attempt attempt) {
        attempts.add(attempt);
        return this;
    }

    /** Says that the exchange's snapshot is retired. */
    public void retire() {
        retiring.tryComplete();
    }

    /** The fields set with {@link #logField}, by path; {@link Exchange#DELETED} where one was deleted. */
    public Map<String, Object> logFields() {
        return Collections.unmodifiableMap(logFields);
    }

    /** Marks the exchange as ended; gives the hooks that are to run, last in, first out. */
    List<Runnable> end() {
        ended = true;
        List<Runnable> hooks = new ArrayList<>(onEnd);
        Collections.reverse(hooks);
        onEnd.clear();
        return hooks;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public RequestHead original() {
        return original;
    }

    @Override
    public String clientAddress() {
        return clientAddress;
    }

    @Override
    public long startedAtMillis() {
        return startMillis;
    }

    @Override
    public long elapsedNanos() {
        return clock.nanos() - startNanos;
    }

    @Override
    public @Nullable Route route() {
        return route;
    }

    @Override
    public @Nullable Service service() {
        return service;
    }

    @Override
    public Map<String, String> uriCaptures() {
        return uriCaptures;
    }

    @Override
    public @Nullable Consumer consumer() {
        return consumer;
    }

    @Override
    public @Nullable Credential credential() {
        return credential;
    }

    @Override
    public void authenticate(Consumer consumer, @Nullable Credential credential) {
        this.consumer = Objects.requireNonNull(consumer, "consumer");
        this.credential = credential;
    }

    @Override
    public Directory directory() {
        return directory;
    }

    @Override
    public Attributes attributes() {
        return attributes;
    }

    @Override
    public List<Attempt> attempts() {
        return Collections.unmodifiableList(attempts);
    }

    @Override
    public List<AiCall> aiCalls() {
        return Collections.unmodifiableList(aiCalls);
    }

    @Override
    public void add(AiCall call) {
        aiCalls.add(Objects.requireNonNull(call, "call"));
    }

    @Override
    public Redaction redaction() {
        return redaction.get();
    }

    /** Sets what auth plugins are said to read credentials from; nothing unless set. */
    public FakeExchange credentialsRead(Redaction read) {
        credentialsRead = read;
        return this;
    }

    @Override
    public Redaction credentialsRead() {
        return credentialsRead;
    }

    @Override
    public void logField(String path, @Nullable Object value) {
        logFields.put(path, value == null ? DELETED : value);
    }

    @Override
    public void onEnd(Runnable action) {
        Objects.requireNonNull(action, "action");
        if (ended) {
            throw new IllegalStateException("onEnd: the exchange has ended");
        }
        onEnd.add(action);
    }

    @Override
    public boolean ended() {
        return ended;
    }

    @Override
    public Future<Void> retiring() {
        return retiring.future();
    }

    /** The same future: a test has one thread only. */
    @Override
    public <T> Future<T> adopt(Future<T> future) {
        return future;
    }
}
