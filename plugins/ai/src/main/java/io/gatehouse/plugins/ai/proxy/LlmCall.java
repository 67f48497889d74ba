package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.Attempt;
import io.gatehouse.api.Exchange;
import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Next;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.ResponseSource;
import io.gatehouse.api.Target;
import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.ai.LlmProvider;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.BodyException;
import io.gatehouse.api.body.Framing;
import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.api.json.JsonException;
import io.gatehouse.api.json.JsonKind;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One LLM call of one exchange: the loop over targets, and what becomes of the answer. Until the first event that bears
 * content an attempt may be given up for the next target; after it a fault ends the stream with an error.
 */
final class LlmCall {
    /** Answers up to this size are looked at as a whole before their head is passed on. */
    private static final int WHOLE_ANSWER = 1024 * 1024;

    /** A longer name, which only a client can have made up, is not shown. */
    private static final int MAX_HEADER_NAME = 256;

    private static final Logger LOG = LoggerFactory.getLogger(LlmCall.class);

    private final Engine engine;
    private final Balancer balancer;
    private final FailoverCriteria criteria;
    private final Admission admission;
    private final Request request;
    private final @Nullable RequestBody body;
    private final Next next;
    private final Exchange exchange;
    private final BitSet untried;
    private final CallRecord record;
    private int attemptsLeft;
    private int target = -1;
    private CallRecord.@Nullable Tried trying;
    private boolean judged;
    private boolean committed;

    LlmCall(Engine engine, Admission admission, Request request, @Nullable RequestBody body, Next next) {
        this.engine = engine;
        this.balancer = engine.balancer();
        this.criteria = engine.criteria();
        this.admission = admission;
        this.request = request;
        this.body = body;
        this.next = next;
        this.exchange = request.exchange();
        this.untried = (BitSet) admission.candidates().clone();
        this.attemptsLeft = engine.balancing().retries() + 1;
        this.record = new CallRecord(exchange, engine.pluginId(), body, admission.stream(), admission.isWorking());
    }

    /** A request that is ready for its target. */
    private record Prepared(int target, LlmTarget.Bound bound, Request request, Outgoing outgoing) {}

    Future<Response> run() {
        int first = balancer.first(untried);
        if (first < 0) {
            return Response.done(engine.resting(exchange, untried, body));
        }
        exchange.onEnd(this::exchangeEnded);
        try {
            return attempt(prepare(first));
        } catch (Refusal refusal) {
            balancer.left(first);
            record.chosen(admission.bound(first));
            record.end(CallRecord.End.NONE);
            return Response.done(refusal.response());
        }
    }

    /** @throws Refusal when the target does not make an address for this request */
    private Prepared prepare(int index) {
        untried.clear(index);
        attemptsLeft--;
        LlmTarget.Bound bound = admission.bound(index);
        Request copy = request.copy();
        Outgoing outgoing = new Outgoing(engine, admission, body, copy, bound);
        outgoing.prepare();
        return new Prepared(index, bound, copy, outgoing);
    }

    private boolean hasAnotherTarget() {
        return attemptsLeft > 0 && balancer.hasAnother(untried);
    }

    /**
     * The attempt to follow one that failed; null when the failure at hand is the last word.
     *
     * @param sent whether an upstream may have seen the request
     */
    private @Nullable Prepared another(HttpMethod method, boolean sent) {
        if (sent && !criteria.mayRepeat(method)) {
            return null;
        }
        while (attemptsLeft > 0) {
            int index = balancer.another(untried, sent);
            if (index < 0) {
                return null;
            }
            try {
                return prepare(index);
            } catch (Refusal refusal) {
                balancer.left(index); // not for this request: what the other target said is more to the point
            }
        }
        return null;
    }

    private Future<Response> attempt(Prepared prepared) {
        LlmTarget.Bound bound = prepared.bound();
        Request attempt = prepared.request();
        note(prepared);
        Future<Void> authorized = bound.target().provider().authorize(attempt, bound.model());
        if (authorized.succeeded()) {
            return send(prepared);
        }
        return exchange.adopt(authorized).transform(result -> {
            if (result.failed()) {
                LOG.warn(
                        "authorization with provider {} failed for request {}",
                        bound.model().provider(),
                        exchange.id(),
                        result.cause());
                record.end(CallRecord.End.NONE);
                return Response.done(
                        Refusal.of(500, "LLM request failed before proxying").response());
            }
            return send(prepared);
        });
    }

    private void note(Prepared prepared) {
        Request attempt = prepared.request();
        Target to = attempt.target();
        if (to == null) {
            throw new IllegalStateException("attempt without a target");
        }
        CallRecord.Tried tried =
                new CallRecord.Tried(prepared.bound(), to.scheme(), to.host(), to.port(), attempt.path());
        attempt.attributes().set(CallRecord.TRIED, tried);
        record.attempt(
                tried,
                attempt.body().isEmpty() ? null : attempt.body().bytes(),
                prepared.outgoing().secretFields());
        target = prepared.target();
        trying = tried;
        judged = false;
    }

    private Future<Response> send(Prepared prepared) {
        return next.proceed(prepared.request())
                .compose(response ->
                        answered(prepared.request(), response, prepared.bound(), prepared.outgoing()));
    }

    private Future<Response> answered(Request attempt, Response response, LlmTarget.Bound bound, Outgoing outgoing) {
        Failure failure = response.failure();
        if (failure != null) {
            Prepared following = afterFailure(attempt.method(), failure);
            if (following != null) {
                response.discard();
                return attempt(following);
            }
            record.end(CallRecord.End.NONE);
            return Response.done(response);
        }
        if (response.source() != ResponseSource.UPSTREAM) {
            // a plugin further in answered
            record.end(CallRecord.End.NONE);
            return Response.done(response);
        }
        if (response.status() != 200) {
            Prepared following = afterStatus(attempt.method(), response, bound);
            if (following != null) {
                response.discard();
                return attempt(following);
            }
        }
        response.headers().remove("Set-Cookie");
        outgoing.dropEchoes(response.headers());
        record.answering();
        if (response.status() != 200) {
            return relayed(attempt, response, false);
        }
        nameModel(response, bound);
        return accepted(attempt, response, bound, outgoing);
    }

    /** Judges an attempt that has failed; gives the one that follows it. */
    private @Nullable Prepared afterFailure(HttpMethod method, Failure failure) {
        if (!judged && FailoverCriteria.isTargets(failure)) {
            failed(true);
        }
        return criteria.covers(failure) ? another(method, failure.sent()) : null;
    }

    /** Judges an attempt by a status other than 200; gives the one that follows it. */
    private @Nullable Prepared afterStatus(HttpMethod method, Response response, LlmTarget.Bound bound) {
        int status = bound.target().provider().failoverStatus(response.status(), response.headers());
        if (status == 429 || status == 503) {
            balancer.limited(target, response.headers().get("Retry-After"));
        }
        if (!criteria.covers(status)) {
            return null;
        }
        failed(FailoverCriteria.counts(status));
        return another(method, true);
    }

    private void failed(boolean counts) {
        judged = true;
        balancer.failed(target, counts);
    }

    /** From here this target answers the client: the attempt is not given up any more. */
    private void commit() {
        if (!judged) {
            judged = true;
            committed = true;
            balancer.answered(target);
        }
    }

    private void exchangeEnded() {
        record.exchangeEnded();
        CallRecord.Tried last = trying;
        if (last == null || !balancer.remembers()) {
            return;
        }
        if (!judged) {
            balancer.left(target);
        } else if (committed) {
            for (Attempt attempt : exchange.attempts()) {
                Failure brokenOff = attempt.attributes().get(CallRecord.TRIED) == last ? attempt.failure() : null;
                if (brokenOff != null && FailoverCriteria.isTargets(brokenOff)) {
                    balancer.failed(target, true);
                }
            }
        }
    }

    private void nameModel(Response response, LlmTarget.Bound bound) {
        String model = bound.model().name();
        if (model != null
                && model.length() <= MAX_HEADER_NAME
                && (engine.modelHeader() || request.headers().contains("Kong-Debug"))) {
            response.headers().set("X-Kong-LLM-Model", headerSafe(bound.model().provider() + '/' + model));
        }
    }

    /** A model's name may come from the client, and may hold what a header must not. */
    private static String headerSafe(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) <= ' ' || text.charAt(i) >= 0x7F) {
                StringBuilder out = new StringBuilder(text.length() + 16);
                text.codePoints().forEach(c -> {
                    if (c > ' ' && c < 0x7F) {
                        out.append((char) c);
                    } else {
                        Queries.encode(out, Character.toString(c));
                    }
                });
                return out.toString();
            }
        }
        return text;
    }

    private Future<Response> accepted(Request attempt, Response response, LlmTarget.Bound bound, Outgoing outgoing) {
        String type = response.headers().get("Content-Type");
        String encoding = response.headers().get("Content-Encoding");
        boolean plain = encoding == null || Lower.of(encoding.strip()).equals("identity");
        if (plain && type != null && Lower.of(type).startsWith("text/event-stream")) {
            return streamed(attempt, response, bound, outgoing);
        }
        if (plain && bound.target().operation() != LlmOperation.PRESERVE) {
            return oneshot(attempt, response, bound);
        }
        return relayed(attempt, response, plain);
    }

    private Future<Response> streamed(Request attempt, Response response, LlmTarget.Bound bound, Outgoing outgoing) {
        LlmOperation operation = bound.target().operation();
        Target to = attempt.target();
        boolean patient = to != null && criteria.mayRepeat(attempt.method()) && hasAnotherTarget();
        HeldStream stream = new HeldStream(
                response.body().open(Framing.SSE),
                operation,
                record,
                exchange,
                patient ? to.readTimeout() : Duration.ZERO);
        return stream.begin().compose(begun -> {
            Failure failure = begun ? null : stream.end().failure();
            if (failure != null) {
                return brokenOff(attempt, failure, CallRecord.End.CUT);
            }
            commit();
            return Response.done(response.body(Body.of(Framing.SSE, stream)
                    .transform(Framing.SSE, new StreamObserver(record, operation, outgoing.usageInjected()))));
        });
    }

    private Future<Response> oneshot(Request attempt, Response response, LlmTarget.Bound bound) {
        return response.body().buffer(WHOLE_ANSWER).transform(result -> {
            if (result.failed()) {
                return brokenOff(attempt, failureOf(result.cause()), CallRecord.End.CUT);
            }
            if (!result.result()) {
                return relayed(attempt, response, true);
            }
            commit();
            return Response.done(judged(response, bound));
        });
    }

    private static Failure failureOf(Throwable cause) {
        return cause instanceof BodyException broken
                ? broken.failure()
                : Failure.of(FailureKind.INVALID_RESPONSE, cause);
    }

    /** Looks at a whole answer; its bytes pass as they are unless there is no answer in them. */
    private Response judged(Response response, LlmTarget.Bound bound) {
        LlmOperation operation = bound.target().operation();
        boolean completing = operation == LlmOperation.CHAT || operation == LlmOperation.COMPLETIONS;
        Body answer = response.body();
        if (answer.isEmpty()) {
            return completing ? unusable("no response body found when transforming response") : ended(response);
        }
        Buffer bytes = answer.bytes();
        record.payload(bytes);
        JsonBytes json;
        try {
            json = JsonBytes.scan(bytes);
        } catch (JsonException e) {
            return completing
                    ? unusable(transformationFailed(bound, "failed to decode " + operation.routeType() + " response"))
                    : ended(response);
        }
        record.envelope(json.root());
        if (completing && json.kind("/choices") != JsonKind.ARRAY) {
            return unusable(transformationFailed(bound, "'choices' not in " + operation.routeType() + " response"));
        }
        if (completing) {
            record.text(json.text("/choices/0/message/content"));
            record.text(json.text("/choices/0/text"));
        }
        return ended(response);
    }

    private static String transformationFailed(LlmTarget.Bound bound, String reason) {
        return "transformation failed from type " + bound.target().provider().name() + "://"
                + bound.target().operation().routeType() + ": " + reason;
    }

    private Response ended(Response response) {
        record.end(CallRecord.End.WHOLE);
        return response;
    }

    private Response unusable(String text) {
        record.end(CallRecord.End.REFUSED);
        return Refusal.of(500, text).response();
    }

    /**
     * Passes bytes on, once the first of them are there.
     *
     * @param readable whether this is an answer that usage can be read from
     */
    private Future<Response> relayed(Request attempt, Response response, boolean readable) {
        HeldBytes bytes = new HeldBytes(response.body().open(Framing.BYTES));
        return bytes.begin().compose(begun -> {
            Failure failure = bytes.isHollow() ? bytes.end().failure() : null;
            if (failure != null) {
                return brokenOff(attempt, failure, readable ? CallRecord.End.CUT : CallRecord.End.REFUSED);
            }
            commit();
            return Response.done(
                    response.body(Body.of(begun, -1).transform(Framing.BYTES, new RelayObserver(record, readable))));
        });
    }

    /** The upstream broke off before the client got anything: as if there had been no answer. */
    private Future<Response> brokenOff(Request attempt, Failure failure, CallRecord.End end) {
        Failure known = failure.afterSending();
        Prepared following = afterFailure(attempt.method(), known);
        if (following != null) {
            return attempt(following);
        }
        record.end(end);
        return Response.done(Response.failed(known));
    }
}
