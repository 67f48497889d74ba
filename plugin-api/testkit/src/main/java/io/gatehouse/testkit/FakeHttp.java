package io.gatehouse.testkit;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.HttpAnswer;
import io.gatehouse.api.HttpCall;
import io.gatehouse.api.HttpCallException;
import io.gatehouse.api.HttpCaller;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * What stands for everything that a plugin calls over HTTP. It answers 200 to all, unless told otherwise.
 *
 * <pre>{@code
 * tester.http().answers(503);
 * tester.http().fails(FailureKind.CONNECT);
 * tester.http().with(call -> call.uri().equals("/token") ? FakeHttp.answer(200, "{}") : FakeHttp.answer(404, ""));
 * assertThat(tester.http().calls()).hasSize(1);
 * }</pre>
 *
 * <p>Any thread.
 */
public final class FakeHttp implements HttpCaller {
    private final List<HttpCall> calls = new ArrayList<>();
    private Function<HttpCall, Future<HttpAnswer>> answers = call -> answer(200, "");

    FakeHttp() {}

    /** An answer without headers. */
    public static Future<HttpAnswer> answer(int status, String body) {
        return Future.succeededFuture(
                new Answer(status, MultiMap.caseInsensitiveMultiMap(), Buffer.buffer(body), false));
    }

    /** No answer. */
    public static Future<HttpAnswer> failure(FailureKind kind) {
        return Future.failedFuture(new HttpCallException(Failure.of(kind, "as the test wants it")));
    }

    /** Answers with this status from now on. */
    public FakeHttp answers(int status) {
        return with(call -> answer(status, ""));
    }

    /** Fails in this way from now on. */
    public FakeHttp fails(FailureKind kind) {
        return with(call -> failure(kind));
    }

    /** Answers as this function says from now on. Its future may complete later. */
    public synchronized FakeHttp with(Function<HttpCall, Future<HttpAnswer>> function) {
        answers = function;
        return this;
    }

    /** All calls so far, in order. */
    public synchronized List<HttpCall> calls() {
        return List.copyOf(calls);
    }

    @Override
    public Future<HttpAnswer> send(HttpCall call) {
        Function<HttpCall, Future<HttpAnswer>> now;
        synchronized (this) {
            calls.add(call);
            now = answers;
        }
        return now.apply(call);
    }

    private record Answer(int status, MultiMap headers, Buffer body, boolean truncated) implements HttpAnswer {}
}
