package io.gatehouse.core.exchange;

import io.gatehouse.api.Attempt;
import io.gatehouse.api.Attributes;
import io.gatehouse.api.Completion;
import io.gatehouse.api.Consumer;
import io.gatehouse.api.Credential;
import io.gatehouse.api.Directory;
import io.gatehouse.api.Exchange;
import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Outcome;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Redaction;
import io.gatehouse.api.Request;
import io.gatehouse.api.RequestHead;
import io.gatehouse.api.Response;
import io.gatehouse.api.ResponseSource;
import io.gatehouse.api.Route;
import io.gatehouse.api.Service;
import io.gatehouse.api.Timings;
import io.gatehouse.api.ai.AiCall;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An exchange between the gateway and one client request, while it lives. */
public final class LiveExchange implements Exchange {
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    /** Settled: no instance of the plugin applies. */
    private static final PluginInstance NOBODY =
            new PluginInstance("", "", new Plugin() {}, new Redaction(Set.of(), Set.of(), Set.of()));

    /**
     * What does not change from exchange to exchange of one loop and snapshot.
     *
     * @param errors makes error answers
     * @param observer the gateway's own eyes
     * @param retiring completes when the snapshot is retired
     * @param stamp adds the gateway's own headers to answers
     */
    public record Surroundings(
            Loop loop,
            ErrorPages errors,
            ExchangeObserver observer,
            Directory directory,
            Future<Void> retiring,
            HeadStamp stamp) {}

    private final Surroundings around;
    private final String id;
    private final RequestHead original;
    private final String clientAddress;
    private final Plan plan;
    private final Map<String, String> uriCaptures;
    private final Finisher finisher;
    private final long startedAtMillis;
    private final long startNanos;
    private final @Nullable PluginInstance[] picked; // null where nothing was settled yet
    private final Attributes attributes = new Attributes();
    private final List<LiveAttempt> attempts = new ArrayList<>(1);
    private final Completion.@Nullable TlsFacts tls;
    private final Runnable release;
    private List<AiCall> aiCalls = List.of();
    private @Nullable Map<String, Object> logFields;
    private @Nullable List<Runnable> endActions;
    private @Nullable Consumer consumer;
    private @Nullable Credential credential;
    private @Nullable Request initial;
    private @Nullable StreamReader requestReader;
    private long headNanos = -1;
    private long clientNanos;
    private long thirdPartyNanos;
    private boolean completing;
    private boolean upgradeOffered;
    private boolean upgraded;
    private @Nullable Deadline deadline;

    /**
     * Makes an exchange; {@link #run} starts it.
     *
     * @param release called once at the very end: gives the snapshot's lease back
     */
    public LiveExchange(
            Surroundings around,
            String id,
            RequestHead original,
            String clientAddress,
            Completion.@Nullable TlsFacts tls,
            ClientPort client,
            Plan plan,
            Map<String, String> uriCaptures,
            Runnable release) {
        this.around = around;
        this.id = id;
        this.original = original;
        this.clientAddress = clientAddress;
        this.tls = tls;
        this.plan = plan;
        this.uriCaptures = uriCaptures;
        this.release = release;
        this.picked = new PluginInstance[plan.size()];
        this.finisher = new Finisher(this, client);
        this.startedAtMillis = System.currentTimeMillis();
        this.startNanos = System.nanoTime();
    }

    /** A new request id: 32 lower-case hex digits. */
    public static String newId(long high, long low) {
        char[] digits = new char[32];
        for (int i = 15; i >= 0; i--) {
            digits[i] = HEX[(int) (high & 15)];
            digits[i + 16] = HEX[(int) (low & 15)];
            high >>>= 4;
            low >>>= 4;
        }
        return new String(digits);
    }

    /**
     * Sends the request through the chain and its response to the client.
     *
     * @param reader the client's body, so that it can be freed at the end; null when there is none
     */
    public void run(Request request, @Nullable StreamReader reader) {
        initial = request;
        requestReader = reader;
        long limit = loop().exchangeDeadlineNanos();
        if (limit > 0) {
            deadline = new Deadline();
            loop().sweeper().add(deadline, startNanos + limit);
        }
        Future<Response> answer;
        try {
            answer = plan.chain().first().proceed(request);
        } catch (Throwable e) {
            answer = Future.failedFuture(e);
        }
        if (answer.isComplete()) {
            finisher.commit(answer);
        } else {
            answer.onComplete(finisher::commit);
        }
    }

    /** Answers without a chain, as for a request that matches no route. */
    public void answer(Response response, @Nullable StreamReader reader) {
        requestReader = reader;
        finisher.commit(response);
    }

    /**
     * The client's connection is no more.
     *
     * @param reason such as {@code closed} or {@code send_timeout}
     */
    public void clientGone(String reason) {
        finisher.finish(Outcome.Kind.CLIENT_GONE, reason);
    }

    /**
     * The client broke its request off, or sends it too slowly: whoever works on it is not waited for.
     *
     * @param reason for the log, when the response is under way already and can only be broken off
     */
    public void requestBroken(int status, String message, String reason) {
        if (finisher.committed() == null) {
            finisher.commit(around.errors().core(this, status, message));
        } else {
            finisher.finish(Outcome.Kind.CLIENT_GONE, reason);
        }
    }

    /** The whole exchange took too long: an error while there is no answer yet, else the answer breaks off. */
    private final class Deadline extends Watched {
        @Override
        protected void expired() {
            if (finisher.committed() == null) {
                Failure late = Failure.of(FailureKind.DEADLINE, "the exchange's deadline passed");
                finisher.commit(errors().failed(LiveExchange.this, late));
            } else {
                finisher.finish(Outcome.Kind.DEADLINE, "deadline");
            }
        }
    }

    /** The gateway gives this exchange up. */
    public void abort(String reason) {
        finisher.finish(Outcome.Kind.SHUTDOWN, reason);
    }

    // ---- what the chain and the upstream need

    /** The loop this exchange lives on. */
    public Loop loop() {
        return around.loop();
    }

    /** Makes error answers. */
    public ErrorPages errors() {
        return around.errors();
    }

    /** Registers an attempt. */
    public void add(LiveAttempt attempt) {
        attempts.add(attempt);
    }

    /** The client asks for a tunnel: its bytes come once it was told that there is one. */
    public void offersUpgrade() {
        upgradeOffered = true;
    }

    /** Whether the client asks for a tunnel, and has none. */
    public boolean asksForUpgrade() {
        return upgradeOffered && !upgraded;
    }

    /**
     * The client's end of the tunnel, for the upstream that has agreed to one. An exchange has one tunnel.
     *
     * @throws IllegalStateException when it was asked for already, or not offered
     */
    public StreamReader upgrade() {
        StreamReader reader = requestReader;
        if (!asksForUpgrade() || reader == null) {
            throw new IllegalStateException("upgrade: not offered, or taken before");
        }
        upgraded = true;
        return reader;
    }

    boolean upgraded() {
        return upgraded;
    }

    /** The upstream was sent the last byte that the client has for it. */
    public void tunnelSent() {
        finisher.tunnelSent();
    }

    /** Whether an upstream was called, or was to be called. */
    public boolean proxied() {
        return !attempts.isEmpty();
    }

    @Nullable
    @SuppressWarnings("ReferenceEquality") // the one that stands for nobody
    PluginInstance pick(int slot) {
        PluginInstance chosen = picked[slot];
        if (chosen == null) {
            PluginInstance found = plan.slot(slot).pick(consumer, around.directory());
            chosen = found == null ? NOBODY : found;
            picked[slot] = chosen;
        }
        return chosen == NOBODY ? null : chosen;
    }

    void pluginFailed(String plugin, String phase, Throwable cause) {
        around.observer().pluginFailed(plugin, phase, cause, id);
    }

    /** Whether somebody waits for bytes of an upstream's answer. */
    boolean waitsForUpstreamBody() {
        for (LiveAttempt attempt : attempts) {
            if (attempt.waitsForBody()) {
                return true;
            }
        }
        return false;
    }

    void addThirdPartyNanos(long nanos) {
        thirdPartyNanos += nanos;
    }

    void addClientNanos(long nanos) {
        clientNanos += nanos;
    }

    /** Sets the headers that the gateway adds to every answer. */
    void stampHead(Response response) {
        headNanos = elapsedNanos();
        around.stamp().stamp(this, response);
    }

    /** Sees to it that a request id that an upstream gets is this exchange's. */
    public void stampRequest(MultiMap headers) {
        if (headers.contains(HeaderNames.REQUEST_ID)) {
            around.stamp().request(headers, id);
        }
    }

    /** When the answer's head was there; -1 before. */
    long headNanos() {
        return headNanos;
    }

    @Nullable
    LiveAttempt lastAttempt() {
        return attempts.isEmpty() ? null : attempts.get(attempts.size() - 1);
    }

    /** The end: everything is given up, hooks run, the completion is frozen, every applying plugin logs it. */
    void complete(Outcome outcome) {
        if (completing) {
            return;
        }
        completing = true;
        if (deadline != null) {
            loop().sweeper().remove(deadline);
        }
        try {
            // what an end hook may say of the consumer comes too late to change who logs
            for (int i = 0; i < picked.length; i++) {
                pick(i);
            }
            for (int i = 0; i < attempts.size(); i++) {
                guarded("cancel", attempts.get(i)::cancel);
            }
            freeRequest(outcome);
            List<Runnable> actions = endActions;
            if (actions != null) {
                for (int i = actions.size() - 1; i >= 0; i--) {
                    guarded("end", actions.get(i));
                }
            }
            FrozenCompletion completion = new FrozenCompletion(this, outcome);
            for (int i = 0; i < picked.length; i++) {
                PluginInstance instance = pick(i);
                if (instance != null) {
                    log(instance, completion);
                }
            }
            around.observer().ended(completion);
        } finally {
            release.run();
        }
    }

    private void freeRequest(Outcome outcome) {
        StreamReader reader = requestReader;
        if (reader != null && !reader.hasEnded()) {
            Failure why = outcome.kind() == Outcome.Kind.CLIENT_GONE
                    ? Finisher.clientGone()
                    : Failure.of(FailureKind.CANCELLED, "the exchange has ended");
            guarded("cancel", () -> reader.fail(why));
        }
        Request request = initial;
        if (request != null) {
            guarded("cancel", () -> request.body().cancel());
        }
    }

    private void log(PluginInstance instance, Completion completion) {
        try {
            instance.plugin().log(completion);
        } catch (Throwable e) {
            pluginFailed(instance.name(), "log", e);
        }
    }

    /** Runs what may be, or may lead to, a plugin's code: whatever it throws, the end goes on. */
    private void guarded(String phase, Runnable action) {
        try {
            action.run();
        } catch (Throwable e) {
            pluginFailed("unknown", phase, e);
        }
    }

    // ---- facts for the completion

    Finisher finisher() {
        return finisher;
    }

    Completion.@Nullable TlsFacts tls() {
        return tls;
    }

    Map<String, Object> logFields() {
        return logFields == null ? Map.of() : Collections.unmodifiableMap(logFields);
    }

    @Nullable
    StreamReader requestReader() {
        return requestReader;
    }

    Timings timings() {
        long total = elapsedNanos();
        LiveAttempt last = lastAttempt();
        long upstream;
        long receive = 0;
        long gateway;
        if (last == null) {
            gateway = headNanos >= 0 ? headNanos : total;
            Response answer = finisher.committed();
            upstream = answer != null && answer.source() == ResponseSource.CACHE ? 0 : -1;
        } else {
            gateway = last.startedAfterNanos();
            upstream = last.headNanos();
            if (last.headNanos() >= 0 && last.endNanos() >= 0) {
                receive = last.endNanos() - last.headNanos();
            }
        }
        long waited = Math.max(upstream, 0) + receive + clientNanos + thirdPartyNanos;
        return new Timings(total, gateway, upstream, receive, clientNanos, Math.max(0, total - waited));
    }

    // ---- the API

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
        return startedAtMillis;
    }

    @Override
    public long elapsedNanos() {
        return System.nanoTime() - startNanos;
    }

    @Override
    public @Nullable Route route() {
        return plan.route();
    }

    @Override
    public @Nullable Service service() {
        return plan.service();
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
    public void authenticate(Consumer who, @Nullable Credential with) {
        if (completing) {
            return; // nobody is chosen by it any more, and the log entry is being written
        }
        consumer = who;
        credential = with;
    }

    @Override
    public Directory directory() {
        return around.directory();
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
        if (aiCalls.isEmpty()) {
            aiCalls = new ArrayList<>(1);
        }
        aiCalls.add(call);
    }

    @Override
    public Redaction redaction() {
        return plan.redaction();
    }

    @Override
    public Redaction credentialsRead() {
        return plan.credentialsRead();
    }

    @Override
    public void logField(String path, @Nullable Object value) {
        if (logFields == null) {
            logFields = new HashMap<>();
        }
        logFields.put(path, value == null ? DELETED : value);
    }

    @Override
    public void onEnd(Runnable action) {
        if (endActions == null) {
            endActions = new ArrayList<>(2);
        }
        endActions.add(action);
    }

    @Override
    public boolean ended() {
        return finisher.hasEnded();
    }

    @Override
    public Future<Void> retiring() {
        return around.retiring();
    }

    @Override
    public <T> Future<T> adopt(Future<T> future) {
        Promise<T> here = Promise.promise();
        future.onComplete(outcome -> {
            if (loop().isCurrent()) {
                here.handle(outcome);
            } else {
                loop().run(() -> here.handle(outcome));
            }
        });
        return here.future();
    }
}
