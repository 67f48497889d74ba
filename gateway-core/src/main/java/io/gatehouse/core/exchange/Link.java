package io.gatehouse.core.exchange;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Next;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.body.BodyException;
import io.vertx.core.Completable;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One plugin's place in the chain: guards its code, its time and what it started and left behind. */
final class Link implements Next {
    private final int slot;
    private final String name;
    private final Kind kind;
    private final Next inner;

    /** What it calls of the plugin. */
    enum Kind {
        ADMIT,
        INTERCEPT,
        /** Nothing: it only settles which instance will log. */
        PICK
    }

    Link(int slot, String name, Kind kind, Next inner) {
        this.slot = slot;
        this.name = name;
        this.kind = kind;
        this.inner = inner;
    }

    @Override
    public Future<Response> proceed(Request request) {
        return proceed(request, null);
    }

    /**
     * Goes on from here. Links tell each other of answers, which costs less than listening to each other's futures.
     *
     * @param outer learns of the answer once, before whoever listens to the future; perhaps before this returns
     */
    private Future<Response> proceed(Request request, @Nullable Completable<Response> outer) {
        LiveExchange exchange = (LiveExchange) request.exchange();
        PluginInstance instance = exchange.pick(slot);
        if (instance == null || kind == Kind.PICK) {
            return further(request, outer);
        }
        return new Call(exchange, instance, outer).run(request);
    }

    private Future<Response> further(Request request, @Nullable Completable<Response> outer) {
        if (inner instanceof Link link) {
            return link.proceed(request, outer);
        }
        Future<Response> answer = inner.proceed(request);
        return outer == null ? answer : answer.onComplete(outer);
    }

    /**
     * One call of the plugin. The {@link Next} that the plugin gets, so that its time and its children are known.
     *
     * <p>Its clock runs exactly while the plugin owes an answer and nothing further in owes it one: from the moment when
     * the call returned without an answer, but for the time between {@link #goInside} and {@link #comeBack}.
     */
    private final class Call extends Watched implements Next, Completable<Response> {
        private final LiveExchange exchange;
        private final PluginInstance instance;
        private final @Nullable Completable<Response> outer;

        /** What the plugin sent further in first, which is mostly all, what it waits for since, and what came of it. */
        private @Nullable Request sent;

        private @Nullable Future<Response> awaited;
        private @Nullable Response came;
        private @Nullable List<Child> more;

        /** What the plugin's answer makes complete; null until it owes one of its own. */
        private @Nullable Promise<Response> result;

        /** Whether the plugin's answer is {@link #awaited}, to which it has nothing to add. */
        private boolean passesOn;

        private int inside;
        private boolean done;
        private boolean running;
        private long runningSince;
        private long ownNanos;

        Call(LiveExchange exchange, PluginInstance instance, @Nullable Completable<Response> outer) {
            this.exchange = exchange;
            this.instance = instance;
            this.outer = outer;
        }

        Future<Response> run(Request request) {
            Future<Response> answer;
            try {
                answer = kind == Kind.ADMIT
                        ? instance.plugin().admit(request, this)
                        : instance.plugin().intercept(request, this);
            } catch (Throwable e) {
                return Future.succeededFuture(finish(broken(e)));
            }
            if (answer == null) {
                return Future.succeededFuture(finish(broken(new NullPointerException("it returned null"))));
            }
            if (answer == awaited) {
                passesOn = true; // complete() sees it before whoever is further out
                return answer;
            }
            if (answer.isComplete()) {
                Response given = answer.result();
                Response response = finish(checked(given, answer.cause()));
                return response == given ? answer : Future.succeededFuture(response);
            }
            Promise<Response> owed = Promise.promise();
            result = owed;
            if (inside == 0) {
                startClock();
            }
            answer.onComplete((response, failure) -> answered(owed, response, failure));
            return owed.future();
        }

        /** The plugin's future has completed, on whatever thread. */
        private void answered(Promise<Response> owed, @Nullable Response response, @Nullable Throwable failure) {
            if (!exchange.loop().isCurrent()) {
                exchange.loop().run(() -> answered(owed, response, failure));
                return;
            }
            if (!done) {
                owed.complete(finish(checked(response, failure)));
            } else if (response != null) {
                response.discard(); // too late: the client has its 500 already
            }
        }

        @Override
        public Future<Response> proceed(Request request) {
            if (!exchange.loop().isCurrent()) {
                Promise<Response> elsewhere = Promise.promise();
                exchange.loop().run(() -> proceed(request).onComplete(elsewhere));
                return elsewhere.future();
            }
            if (done || exchange.ended()) {
                return Future.succeededFuture(exchange.errors()
                        .failed(exchange, Failure.of(FailureKind.CANCELLED, "the exchange has ended")));
            }
            if (request.isCancelled()) {
                return Future.succeededFuture(exchange.errors()
                        .failed(exchange, Failure.of(FailureKind.CANCELLED, "the request was cancelled")));
            }
            if (sent == null) {
                sent = request;
                goInside();
                Future<Response> answer = inside(request, this);
                if (inside > 0) {
                    awaited = answer;
                }
                return answer;
            }
            Child another = new Child(request);
            if (more == null) {
                more = new ArrayList<>(2);
            }
            more.add(another);
            goInside();
            return inside(request, (response, failure) -> another.response = back(response));
        }

        /** What was sent further in first has its answer; it never fails, every link and the upstream guarantee it. */
        @Override
        public void complete(@Nullable Response response, @Nullable Throwable failure) {
            awaited = null;
            came = back(response);
            if (came != null && passesOn) {
                finish(came);
            }
        }

        /** An answer comes from inside; null when the plugin has given its own answer before, and nobody wants it. */
        private @Nullable Response back(@Nullable Response response) {
            if (done) {
                if (response != null) {
                    response.discard();
                }
                return null;
            }
            comeBack(); // first: what the plugin does next is its own time, and may lead inside again
            return response;
        }

        /** What is further in, with a throw made the response that it should have been. */
        private Future<Response> inside(Request request, Completable<Response> back) {
            try {
                return further(request, back);
            } catch (Throwable e) {
                exchange.pluginFailed("unknown", "intercept", e);
                Response broken = exchange.errors().broken(exchange, "unknown", e);
                back.succeed(broken);
                return Future.succeededFuture(broken);
            }
        }

        private void goInside() {
            if (inside++ == 0) {
                stopClock();
            }
        }

        private void comeBack() {
            if (--inside == 0 && result != null && !done) {
                startClock();
            }
        }

        private void startClock() {
            running = true;
            runningSince = System.nanoTime();
            long left = exchange.loop().pluginTimeLimitNanos() - ownNanos;
            exchange.loop().sweeper().add(this, runningSince + left);
        }

        private void stopClock() {
            if (running) {
                running = false;
                exchange.loop().sweeper().remove(this);
                long own = System.nanoTime() - runningSince;
                ownNanos += own;
                exchange.addThirdPartyNanos(own);
                runningSince = 0;
            }
        }

        @Override
        protected void expired() {
            Promise<Response> owed = result;
            if (done || owed == null) {
                return;
            }
            if (exchange.waitsForUpstreamBody()) {
                // the time is the upstream's, as inside next; the read time-out limits it
                stopClock();
                ownNanos = 0;
                startClock();
                return;
            }
            owed.complete(finish(broken(new PluginTimeoutException(
                    "no answer within " + exchange.loop().pluginTimeLimitNanos() / 1_000_000 + " ms"))));
        }

        private Response checked(@Nullable Response response, @Nullable Throwable failure) {
            if (failure != null) {
                return failure instanceof BodyException body
                        ? exchange.errors().failed(exchange, body.failure()) // its sender's fault, not the plugin's
                        : broken(failure);
            }
            return response == null ? broken(new NullPointerException("its future gave null")) : response;
        }

        private Response broken(Throwable cause) {
            if (!exchange.ended()) { // afterwards much fails that nobody waits for
                exchange.pluginFailed(name, kind == Kind.ADMIT ? "admit" : "intercept", cause);
            }
            return exchange.errors().broken(exchange, name, cause);
        }

        /** Ends the call: what it started and does not return is given up at once, and who is further out learns of it. */
        private Response finish(Response response) {
            done = true;
            stopClock();
            if (sent != null && came != response) {
                giveUp(sent, came, response);
            }
            if (more != null) {
                for (Child other : more) {
                    giveUp(other.request, other.response, response);
                }
            }
            Response written = exchange.errors().written(exchange, response);
            if (outer != null) {
                tell(outer, written);
            }
            return written;
        }

        private void tell(Completable<Response> listener, Response response) {
            try {
                listener.succeed(response);
            } catch (Throwable e) { // the answer is waited for all the same
                exchange.pluginFailed("unknown", "intercept", e);
            }
        }

        private void giveUp(Request request, @Nullable Response response, Response kept) {
            if (response == null) {
                request.cancel();
            } else if (response != kept
                    && response.body() != kept.body()
                    && !response.body().isTaken()) {
                // a body that was opened or transformed lives on in whoever took it, until the exchange ends
                response.discard();
            }
        }
    }

    /** A further request that the plugin sent inside, and what came of it. */
    private static final class Child {
        private final Request request;
        private @Nullable Response response;

        Child(Request request) {
            this.request = request;
        }
    }
}
