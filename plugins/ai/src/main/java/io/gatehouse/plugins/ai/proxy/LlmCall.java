package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.Attempt;
import io.gatehouse.api.Exchange;
import io.gatehouse.api.Failure;
import io.gatehouse.api.Next;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.ResponseSource;
import io.gatehouse.api.Target;
import io.vertx.core.Future;
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
        // what no other target can get, now or later, need not be kept as it was
        boolean lastEver = attemptsLeft == 0 || untried.isEmpty();
        Request copy = lastEver ? request : request.copy();
        Outgoing outgoing = new Outgoing(admission, body, copy, bound);
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
                .compose(response -> answered(prepared.request(), response, prepared.bound(), prepared.outgoing()));
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
        Answer answer =
                new Answer(record, response, bound, outgoing.usageInjected(), patience(attempt), new Held(attempt));
        if (response.status() != 200) {
            return answer.refused();
        }
        nameModel(response, bound);
        return answer.accepted();
    }

    /** How long an answer may be held back; zero when no other target can take over. */
    private Duration patience(Request attempt) {
        Target to = attempt.target();
        return to != null && criteria.mayRepeat(attempt.method()) && hasAnotherTarget()
                ? to.readTimeout()
                : Duration.ZERO;
    }

    /** An attempt whose answer has not reached the client yet. */
    private final class Held implements Answer.Attempt {
        private final Request attempt;

        Held(Request attempt) {
            this.attempt = attempt;
        }

        @Override
        public void commit() {
            LlmCall.this.commit();
        }

        @Override
        public Future<Response> brokenOff(Failure failure, CallRecord.End end) {
            Failure known = failure.afterSending();
            Prepared following = afterFailure(attempt.method(), known);
            if (following != null) {
                return LlmCall.this.attempt(following);
            }
            record.end(end);
            return Response.done(Response.failed(known));
        }
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
                Failure brokenOff = last.equals(attempt.attributes().get(CallRecord.TRIED)) ? attempt.failure() : null;
                if (brokenOff != null && FailoverCriteria.isTargets(brokenOff)) {
                    balancer.failed(target, true);
                }
            }
        }
    }

    private void nameModel(Response response, LlmTarget.Bound bound) {
        String label = bound.label();
        if (label != null && (engine.modelHeader() || request.headers().contains("Kong-Debug"))) {
            response.headers().set("X-Kong-LLM-Model", label);
        }
    }
}
