package io.gatehouse.plugins.ai.proxy;

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
    private final Admission admission;
    private final Request request;
    private final @Nullable RequestBody body;
    private final Next next;
    private final Exchange exchange;
    private final FailoverCriteria criteria;
    private final RoundRobin.Turn turn;
    private final BitSet untried;
    private final CallRecord record;
    private int attemptsLeft;

    LlmCall(Engine engine, Admission admission, Request request, @Nullable RequestBody body, Next next) {
        this.engine = engine;
        this.admission = admission;
        this.request = request;
        this.body = body;
        this.next = next;
        this.exchange = request.exchange();
        this.criteria = engine.criteria();
        this.turn = engine.turn(admission.candidates());
        this.untried = (BitSet) admission.candidates().clone();
        this.attemptsLeft = engine.balancing().retries() + 1;
        this.record = new CallRecord(exchange, engine.pluginId(), body, admission.stream(), admission.isWorking());
    }

    Future<Response> run() {
        exchange.onEnd(record::exchangeEnded);
        return attempt();
    }

    private boolean hasAnotherTarget() {
        return attemptsLeft > 0 && !untried.isEmpty();
    }

    private Future<Response> attempt() {
        int index = turn.next(untried);
        untried.clear(index);
        attemptsLeft--;
        LlmTarget.Bound bound = admission.bound(index);
        Request attempt = request.copy();
        Outgoing outgoing = new Outgoing(engine, admission, body, attempt, bound);
        try {
            outgoing.prepare();
        } catch (Refusal refusal) {
            record.attempt(new CallRecord.Tried(bound, "", "", 0, ""), null, outgoing.secretFields());
            record.end(CallRecord.End.NONE);
            return Response.done(refusal.response());
        }
        note(attempt, bound, outgoing);
        Future<Void> authorized = bound.target().provider().authorize(attempt, bound.model());
        if (authorized.succeeded()) {
            return send(attempt, bound, outgoing);
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
            return send(attempt, bound, outgoing);
        });
    }

    private void note(Request attempt, LlmTarget.Bound bound, Outgoing outgoing) {
        Target to = attempt.target();
        if (to == null) {
            throw new IllegalStateException("attempt without a target");
        }
        CallRecord.Tried tried = new CallRecord.Tried(bound, to.scheme(), to.host(), to.port(), attempt.path());
        attempt.attributes().set(CallRecord.TRIED, tried);
        record.attempt(tried, attempt.body().isEmpty() ? null : attempt.body().bytes(), outgoing.secretFields());
    }

    private Future<Response> send(Request attempt, LlmTarget.Bound bound, Outgoing outgoing) {
        return next.proceed(attempt).compose(response -> answered(attempt, response, bound, outgoing));
    }

    private Future<Response> answered(Request attempt, Response response, LlmTarget.Bound bound, Outgoing outgoing) {
        Failure failure = response.failure();
        if (failure != null) {
            if (mayFailOver(failure)) {
                response.discard();
                return attempt();
            }
            record.end(CallRecord.End.NONE);
            return Response.done(response);
        }
        if (response.source() != ResponseSource.UPSTREAM) {
            // a plugin further in answered
            record.end(CallRecord.End.NONE);
            return Response.done(response);
        }
        LlmProvider provider = bound.target().provider();
        if (response.status() != 200
                && hasAnotherTarget()
                && criteria.covers(provider.failoverStatus(response.status(), response.headers()))
                && criteria.mayRepeat(attempt.method())) {
            response.discard();
            return attempt();
        }
        response.headers().remove("Set-Cookie");
        outgoing.dropEchoes(response.headers());
        record.answering();
        if (response.status() != 200) {
            return Response.done(
                    response.body(response.body().transform(Framing.BYTES, new RelayObserver(record, false))));
        }
        nameModel(response, bound);
        return accepted(attempt, response, bound, outgoing);
    }

    private boolean mayFailOver(Failure failure) {
        return hasAnotherTarget()
                && criteria.covers(failure)
                && (!failure.sent() || criteria.mayRepeat(request.method()));
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
            return oneshot(response, bound);
        }
        return relayed(response, plain);
    }

    private Future<Response> streamed(Request attempt, Response response, LlmTarget.Bound bound, Outgoing outgoing) {
        LlmOperation operation = bound.target().operation();
        boolean untilContent = hasAnotherTarget() && criteria.mayRepeat(attempt.method());
        HeldStream stream = new HeldStream(response.body().open(Framing.SSE), operation, record, untilContent);
        return stream.begin().compose(begun -> {
            Failure failure = begun ? null : stream.end().failure();
            if (failure != null) {
                return brokenOff(failure);
            }
            return Response.done(response.body(Body.of(Framing.SSE, stream)
                    .transform(Framing.SSE, new StreamObserver(record, operation, outgoing.usageInjected()))));
        });
    }

    private Future<Response> oneshot(Response response, LlmTarget.Bound bound) {
        return response.body().buffer(WHOLE_ANSWER).transform(result -> {
            if (result.failed()) {
                return brokenOff(failureOf(result.cause()));
            }
            if (!result.result()) {
                return relayed(response, true);
            }
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

    /** Passes bytes on, once the first of them are there. */
    private Future<Response> relayed(Response response, boolean readable) {
        HeldBytes bytes = new HeldBytes(response.body().open(Framing.BYTES));
        return bytes.begin().compose(begun -> {
            Failure failure = bytes.isHollow() ? bytes.end().failure() : null;
            if (failure != null) {
                return brokenOff(failure);
            }
            return Response.done(
                    response.body(Body.of(begun, -1).transform(Framing.BYTES, new RelayObserver(record, readable))));
        });
    }

    /** The upstream broke off before the client got anything: as if there had been no answer. */
    private Future<Response> brokenOff(Failure failure) {
        if (mayFailOver(failure.afterSending())) {
            return attempt();
        }
        record.end(CallRecord.End.CUT);
        return Response.done(
                failure.kind() == FailureKind.TIMEOUT
                        ? Response.error(504, "The upstream server is timing out")
                        : Response.error(502, "An invalid response was received from the upstream server"));
    }
}
