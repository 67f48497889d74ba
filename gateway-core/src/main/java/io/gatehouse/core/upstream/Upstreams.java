package io.gatehouse.core.upstream;

import io.gatehouse.api.Failure;
import io.gatehouse.api.Next;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.Target;
import io.gatehouse.core.balancer.Balancer;
import io.gatehouse.core.balancer.Balancers;
import io.gatehouse.core.exchange.LiveExchange;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** All loops' clients, and the innermost links of the chains. Any thread. */
public final class Upstreams {
    private final AtomicReferenceArray<@Nullable Upstream> byLoop;
    private final Balancers balancers;

    /** Makes room for so many loops. */
    public Upstreams(int loops, Balancers balancers) {
        this.byLoop = new AtomicReferenceArray<>(loops);
        this.balancers = balancers;
    }

    /** The upstreams that services may have for hosts. */
    public Balancers balancers() {
        return balancers;
    }

    /** Sets the client of a loop. */
    public void set(int loop, Upstream upstream) {
        byLoop.set(loop, upstream);
    }

    /**
     * The innermost link for routes of a service: sends to its target, or to the one that a plugin chose.
     *
     * @param retries further tries after the first, for requests that no plugin addressed
     * @param balancer chooses among addresses for the service; null when its host is a host
     */
    public Next to(@Nullable Target service, int retries, @Nullable Balancer balancer) {
        BalancedService balanced =
                service == null || balancer == null ? null : new BalancedService(this, service, retries, balancer);
        return request -> {
            LiveExchange exchange = (LiveExchange) request.exchange();
            Target chosen = request.target();
            if (chosen != null) {
                return send(exchange, request, chosen, 0);
            }
            if (service == null) {
                return Future.succeededFuture(
                        exchange.errors().gateway(exchange, 503, "no Service found with those values"));
            }
            return balanced == null ? send(exchange, request, service, retries) : balanced.send(exchange, request);
        };
    }

    private Future<Response> send(LiveExchange exchange, Request request, Target target, int retries) {
        Future<Response> answer = of(exchange).send(exchange, request, target);
        if (retries == 0) {
            return answer;
        }
        return answer.compose(response -> {
            Failure failure = response.failure();
            if (failure == null || exchange.ended() || !mayRepeat(request, failure)) {
                return Future.succeededFuture(response);
            }
            return send(exchange, request, target, retries - 1);
        });
    }

    /** The client of an exchange's loop. */
    Upstream of(LiveExchange exchange) {
        Upstream upstream = byLoop.get(exchange.loop().index());
        if (upstream == null) {
            throw new IllegalStateException("loop " + exchange.loop().index() + " has no client");
        }
        return upstream;
    }

    /** Whether a request may be sent once more after a failure. */
    static boolean mayRepeat(Request request, Failure failure) {
        boolean worthIt = switch (failure.kind()) {
            case CONNECT, CONNECT_TIMEOUT, TLS, RESET, TIMEOUT -> true;
            default -> false; // an answer that is none was an answer
        };
        if (!worthIt || request.isCancelled()) {
            return false;
        }
        boolean bodyIsThere = request.body().isEmpty()
                || request.body().isBuffered()
                || !request.body().isTaken();
        HttpMethod method = request.method();
        boolean idempotent =
                !method.equals(HttpMethod.POST) && !method.equals(HttpMethod.PATCH) && !method.equals(HttpMethod.LOCK);
        return bodyIsThere && (!failure.sent() || idempotent);
    }
}
