package io.gatehouse.testkit;

import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Next;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.BodyEnd;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;

/**
 * An upstream that a test moves by hand, one step at a time.
 *
 * <pre>{@code
 * ManualUpstream upstream = new ManualUpstream();
 * tester.upstream(upstream);
 * TestExchange exchange = tester.get("/").send();
 * upstream.call().respond(200).write("first");
 * assertThat(exchange.text()).isEqualTo("first");
 * upstream.call().die(FailureKind.RESET);
 * assertThat(exchange.outcome().kind()).isEqualTo(Outcome.Kind.UPSTREAM_FAILED);
 * }</pre>
 */
public final class ManualUpstream implements Next {
    private final List<Call> calls = new ArrayList<>();

    /** Makes an upstream that was not asked yet. */
    public ManualUpstream() {}

    @Override
    public Future<Response> proceed(Request request) {
        Call call = new Call(request);
        calls.add(call);
        return call.answer.future();
    }

    /** All calls, in order. */
    public List<Call> calls() {
        return List.copyOf(calls);
    }

    /**
     * The last call.
     *
     * @throws AssertionError when there was none
     */
    public Call call() {
        if (calls.isEmpty()) {
            throw new AssertionError("the upstream was not called");
        }
        return calls.get(calls.size() - 1);
    }

    /** One request that waits for its answer. */
    public static final class Call {
        private final Request request;
        private final Promise<Response> answer = Promise.promise();
        private final ChunkReader body = new ChunkReader();

        private Call(Request request) {
            this.request = request;
        }

        /** The request, as the upstream got it. */
        public Request request() {
            return request;
        }

        /** Sends the response head; names and values alternate. */
        public Call respond(int status, String... headers) {
            MultiMap map = MultiMap.caseInsensitiveMultiMap();
            for (int i = 0; i + 1 < headers.length; i += 2) {
                map.add(headers[i], headers[i + 1]);
            }
            answer.tryComplete(Upstream.response(status, map, Body.of(body, -1)));
            return this;
        }

        /** Sends bytes of the response body. */
        public Call write(String text) {
            body.give(Buffer.buffer(text));
            return this;
        }

        /** Ends the response whole. */
        public void end() {
            if (!answer.future().isComplete()) {
                throw new IllegalStateException("end: no response head was sent (expected: respond() first)");
            }
            body.end(BodyEnd.ok());
        }

        /** Dies: before the head the gateway answers for it, afterwards the body breaks off. */
        public void die(FailureKind kind) {
            if (!answer.tryComplete(Upstream.failed(Upstream.failure(kind, true)))) {
                body.end(BodyEnd.truncated(Upstream.failure(kind, true)));
            }
        }

        /** Whether the gateway side gave this call up. */
        public boolean isCancelled() {
            return request.isCancelled() || body.isCancelled();
        }

        /** Whether somebody waits for the next bytes of the body: false under backpressure. */
        public boolean isAskedForMore() {
            return body.isAsked();
        }
    }
}
