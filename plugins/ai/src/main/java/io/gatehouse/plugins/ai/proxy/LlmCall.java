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
        boolean last = !hasAnotherTarget() || !criteria.mayRepeat(attempt.method());
        Answer answer = new Answer(record, response, bound, last, outgoing.usageInjected(), this::brokenOff);
        if (response.status() != 200) {
            return Response.done(answer.refused());
        }
        nameModel(response, bound);
        return answer.accepted();
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
