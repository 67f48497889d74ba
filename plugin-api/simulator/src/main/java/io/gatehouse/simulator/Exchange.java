package io.gatehouse.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.core.net.HostAndPort;
import java.time.Instant;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** One request and its answer. Everything runs on the event loop of the connection. */
final class Exchange {
    private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
    private static final CharSequence EVENT_STREAM = HttpHeaders.createOptimized("text/event-stream; charset=utf-8");
    private static final CharSequence NO_CACHE = HttpHeaders.createOptimized("no-cache");
    private static final CharSequence X_REQUEST_ID = HttpHeaders.createOptimized("x-request-id");
    private static final CharSequence OPENAI_VERSION = HttpHeaders.createOptimized("openai-version");
    private static final CharSequence VERSION = HttpHeaders.createOptimized("2020-10-01");
    private static final CharSequence OPENAI_ORGANIZATION = HttpHeaders.createOptimized("openai-organization");
    private static final CharSequence ORGANIZATION = HttpHeaders.createOptimized("simulator");
    private static final CharSequence OPENAI_PROCESSING_MS = HttpHeaders.createOptimized("openai-processing-ms");
    private static final String RESPONSES = "/v1/responses/";
    private static final String MODELS = "/v1/models/";
    private static final byte[] NO_BODY = {};
    private static final long HTTP2_INTERNAL_ERROR = 2;
    private static final int EVENTS_PER_TURN = 256;

    private final LlmSimulator simulator;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final long startNanos = System.nanoTime();
    private final Instant time;
    private final String host;

    // set once the body is there
    private @Nullable LedgerEntry entry;
    private Behaviour behaviour = Behaviour.NORMAL;
    private String id = "";
    private @Nullable SplittableRandom jitter;

    // the answer
    private int status = 200;
    private @Nullable Answer answered;
    private @Nullable Answer streamed;
    private long promptTokens;
    private Buffer body = Buffer.buffer();
    private @Nullable GzipStream gzip;
    private int items;
    private int next;
    private long bytes;
    private Future<Void> lastWrite = Future.succeededFuture();
    private @Nullable Gate gate;
    private boolean waited;
    private boolean draining;
    private boolean passed;
    private boolean over;
    private boolean stalled;
    private boolean closedByUs;
    private long timer = -1;
    private final Runnable granted;

    private Exchange(LlmSimulator simulator, HttpServerRequest request) {
        this.simulator = simulator;
        this.request = request;
        this.response = request.response();
        this.time = simulator.options().clock().instant();
        HostAndPort authority = request.authority();
        this.host = authority == null ? "" : Hosts.name(authority.host());
        var context = simulator.vertx().getOrCreateContext();
        this.granted = () -> context.runOnContext(nothing -> {
            passed = true;
            pump();
        });
    }

    static void handle(LlmSimulator simulator, HttpServerRequest request) {
        if (request.path() != null && request.path().startsWith(Control.PREFIX)) {
            simulator.control().handle(request);
            return;
        }
        new Exchange(simulator, request).read();
    }

    private void read() {
        int max = simulator.options().maxBodyBytes();
        Buffer collected = Buffer.buffer();
        boolean[] tooLong = new boolean[1];
        request.handler(part -> {
            if (tooLong[0] || collected.length() + (long) part.length() > max) {
                tooLong[0] = true;
            } else {
                collected.appendBuffer(part);
            }
        });
        request.exceptionHandler(failure -> {
            if (entry == null) {
                // the peer left before its request was complete: still something that was seen
                begin(collected, null);
                closed();
            }
        });
        response.exceptionHandler(failure -> closed());
        request.endHandler(nothing -> {
            byte[] all = collected.length() == 0 ? NO_BODY : collected.getBytes();
            answer(collected, all, tooLong[0]);
        });
        request.connection().closeHandler(nothing -> closed());
        if (request.version() == HttpVersion.HTTP_2) {
            response.closeHandler(nothing -> closed());
        }
    }

    private LedgerEntry begin(Buffer collected, @Nullable ObjectNode tree) {
        long sequence = simulator.ledger().nextSequence();
        int keep = simulator.options().ledgerBodyBytes();
        boolean whole = collected.length() <= keep;
        byte[] kept = collected.length() == 0 ? NO_BODY : collected.getBytes(0, Math.min(keep, collected.length()));
        JsonNode model = tree == null ? null : tree.get("model");
        LedgerEntry begun = new LedgerEntry(
                sequence,
                time,
                startNanos,
                host,
                request.method().name(),
                request.path() == null ? "" : request.path(),
                request.query(),
                request.headers(),
                kept,
                collected.length(),
                whole ? null : LedgerEntry.sha256(collected.getBytes()),
                model != null && model.isTextual() ? model.textValue() : null,
                tree != null && tree.path("stream").asBoolean(false));
        id = Ids.of(simulator.options().seed(), sequence);
        entry = begun;
        simulator.ledger().begin(begun);
        return begun;
    }

    private void answer(Buffer collected, byte[] all, boolean tooLong) {
        LlmRequest.Operation operation = operation();
        ObjectNode tree = null;
        ApiError wrong = null;
        if (tooLong) {
            wrong = new ApiError(413, "The request body is too large.", "invalid_request_error", null, null);
        } else if (operation != null && request.method().equals(HttpMethod.POST)) {
            try {
                tree = LlmRequest.tree(all);
            } catch (ApiError e) {
                wrong = e;
            }
        }
        LedgerEntry begun = begin(collected, tree);
        behaviour = simulator.rules().of(host, begun.model);
        String header = request.getHeader("X-Simulator");
        if (header != null) {
            try {
                behaviour = Behaviour.fromHeader(header).over(behaviour);
            } catch (IllegalArgumentException e) {
                wrong = ApiError.badRequest(String.valueOf(e.getMessage()), "X-Simulator", null);
                behaviour = Behaviour.NORMAL;
            }
        }
        gate = simulator.gateFor(behaviour);
        Integer told = behaviour.status;
        try {
            if (told != null && told >= 400) {
                throw ApiError.of(told);
            }
            ApiError refusal = simulator.refusal(host, request.getHeader(HttpHeaders.AUTHORIZATION));
            if (refusal != null) {
                throw refusal;
            }
            if (wrong != null) {
                throw wrong;
            }
            if (told != null) {
                status = told;
            }
            if (operation == null) {
                body = Buffer.buffer(lookup());
            } else if (!request.method().equals(HttpMethod.POST) || tree == null) {
                throw notAllowed();
            } else {
                LlmRequest.check(tree, operation);
                model(new LlmRequest(operation, tree, behaviour));
            }
        } catch (ApiError e) {
            status = e.status();
            streamed = null;
            body = Buffer.buffer(e.json());
        }
        if (behaviour.error != null) {
            streamed = null;
            body = Buffer.buffer(behaviour.error);
        }
        deliver();
    }

    private LlmRequest.@Nullable Operation operation() {
        String path = request.path();
        if (path == null) {
            return null;
        }
        return switch (path) {
            case "/v1/chat/completions" -> LlmRequest.Operation.CHAT;
            case "/v1/completions" -> LlmRequest.Operation.COMPLETIONS;
            case "/v1/embeddings" -> LlmRequest.Operation.EMBEDDINGS;
            case "/v1/responses" -> LlmRequest.Operation.RESPONSES;
            default -> null;
        };
    }

    private void model(LlmRequest asked) throws ApiError {
        Behaviour.Usage usage = behaviour.usage == null ? Behaviour.Usage.NORMAL : behaviour.usage;
        Answer answer = switch (asked.operation) {
            case CHAT, COMPLETIONS -> new ChoicesAnswer(asked, usage, id, time.getEpochSecond());
            case EMBEDDINGS -> new EmbeddingsAnswer(asked, usage);
            case RESPONSES -> new ResponsesAnswer(asked, usage, id, time.getEpochSecond());
        };
        if (answer instanceof ResponsesAnswer responses && responses.stored()) {
            simulator.store(responses);
        }
        answered = answer;
        promptTokens = asked.promptTokens;
        if (asked.stream) {
            streamed = answer;
        } else {
            body = answer.body();
        }
    }

    /** Answers of the paths that are not operations of a model. */
    private String lookup() throws ApiError {
        String path = request.path() == null ? "" : request.path();
        HttpMethod method = request.method();
        if (path.equals("/v1/models")) {
            if (!method.equals(HttpMethod.GET)) {
                throw notAllowed();
            }
            return Models.listJson();
        }
        if (path.startsWith(MODELS) && path.length() > MODELS.length()) {
            if (!method.equals(HttpMethod.GET)) {
                throw notAllowed();
            }
            return Models.json(path.substring(MODELS.length()));
        }
        if (path.startsWith(RESPONSES) && path.length() > RESPONSES.length()) {
            String rest = path.substring(RESPONSES.length());
            int slash = rest.indexOf('/');
            String responseId = slash < 0 ? rest : rest.substring(0, slash);
            String part = slash < 0 ? "" : rest.substring(slash);
            if (part.isEmpty() || part.equals("/input_items")) {
                boolean delete = method.equals(HttpMethod.DELETE) && part.isEmpty();
                if (!method.equals(HttpMethod.GET) && !delete) {
                    throw notAllowed();
                }
                ResponsesAnswer found = delete ? simulator.removeStored(responseId) : simulator.stored(responseId);
                if (found == null) {
                    throw new ApiError(
                            404,
                            "Response with id '" + responseId + "' not found.",
                            "invalid_request_error",
                            null,
                            null);
                }
                if (delete) {
                    return ResponsesAnswer.deleted(responseId);
                }
                return part.isEmpty() ? found.body().toString() : found.inputItems();
            }
        }
        throw new ApiError(
                404, "Invalid URL (" + method.name() + " " + path + ")", "invalid_request_error", null, null);
    }

    private ApiError notAllowed() {
        return new ApiError(
                405,
                "Not allowed to " + request.method().name() + " on " + request.path() + ".",
                "invalid_request_error",
                null,
                "method_not_supported");
    }

    // ---- sending

    private void deliver() {
        Answer stream = streamed;
        items = stream == null ? 2 : stream.events();
        if (behaviour.normal && gate == null && stream == null) {
            head();
            endWith(body, body.length());
            return;
        }
        if (behaviour.gzip == Behaviour.Gzip.ON) {
            gzip = new GzipStream();
            if (stream == null) {
                body = gzip.last(body);
                gzip = null;
            }
        }
        int wait = pause(behaviour.delayMs);
        if (wait > 0) {
            timer = simulator.vertx().setTimer(wait, fired -> begun());
        } else {
            begun();
        }
    }

    private void begun() {
        if (over) {
            return;
        }
        if (isAt(behaviour.cutAfter, -1)) {
            cut();
        } else if (isAt(behaviour.stallAfter, -1)) {
            stall();
        } else {
            // an answer that is not streamed passes a gate as a whole, its head included
            if (streamed != null || gate == null) {
                head();
                // HTTP/1.0 has no chunks, and there the server takes a head of unknown length only with data
                if (streamed == null || request.version() != HttpVersion.HTTP_1_0) {
                    lastWrite = response.writeHead();
                }
            }
            pump();
        }
    }

    private static boolean isAt(@Nullable Integer told, int at) {
        return told != null && told == at;
    }

    private int pause(@Nullable Integer ms) {
        int wait = ms == null ? 0 : ms;
        Integer most = behaviour.jitterMs;
        if (ms == null || most == null || most == 0) {
            return wait;
        }
        SplittableRandom random = jitter;
        if (random == null) {
            LedgerEntry begun = entry;
            long sequence = begun == null ? 0 : begun.sequence;
            random = new SplittableRandom(Ids.mix(simulator.options().seed()) + sequence);
            jitter = random;
        }
        return wait + random.nextInt(most + 1);
    }

    private void head() {
        MultiMap headers = response.headers();
        response.setStatusCode(status);
        if (behaviour.contentType != null) {
            headers.set(HttpHeaders.CONTENT_TYPE, behaviour.contentType);
        } else {
            headers.set(HttpHeaders.CONTENT_TYPE, streamed == null ? JSON : EVENT_STREAM);
        }
        if (streamed == null) {
            headers.set(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length()));
        } else {
            headers.set(HttpHeaders.CACHE_CONTROL, NO_CACHE);
            response.setChunked(true);
        }
        headers.set(X_REQUEST_ID, "req_" + id);
        headers.set(OPENAI_VERSION, VERSION);
        headers.set(OPENAI_ORGANIZATION, ORGANIZATION);
        headers.set(OPENAI_PROCESSING_MS, Long.toString((System.nanoTime() - startNanos) / 1_000_000));
        if (behaviour.retryAfter != null) {
            headers.set(HttpHeaders.RETRY_AFTER, behaviour.retryAfter);
        }
        if (behaviour.gzip != null && behaviour.gzip != Behaviour.Gzip.OFF) {
            headers.set(HttpHeaders.CONTENT_ENCODING, "gzip");
        }
        behaviour.headers.forEach(headers::set);
        LedgerEntry begun = entry;
        if (begun != null) {
            simulator.ledger().head(begun, status, promptTokens);
        }
    }

    /** Sends items until there is a reason to wait; called again when the reason is gone. */
    private void pump() {
        int turn = 0;
        while (!over) {
            if (turn++ == EVENTS_PER_TURN) {
                // a fast reader must not keep the loop from everything else, its own close included
                timer = simulator.vertx().setTimer(1, fired -> pump());
                return;
            }
            if (isAt(behaviour.cutAfter, next)) {
                cut();
                return;
            }
            if (isAt(behaviour.stallAfter, next)) {
                stall();
                return;
            }
            if (!waited) {
                waited = true;
                int wait = pause(next == 0 ? behaviour.firstEventMs : streamed == null ? null : behaviour.eventMs);
                if (wait > 0) {
                    timer = simulator.vertx().setTimer(wait, fired -> pump());
                    return;
                }
            }
            Gate needed = gate;
            if (needed != null && !passed && (streamed != null || next == 0)) {
                if (!needed.pass(granted)) {
                    return;
                }
                passed = true;
            }
            if (!response.headWritten() && streamed == null && next == 0 && needed != null) {
                head();
            }
            if (response.writeQueueFull()) {
                draining = true;
                response.drainHandler(drained -> {
                    // it stays registered, and must not cut a later wait short
                    if (draining) {
                        draining = false;
                        pump();
                    }
                });
                return;
            }
            waited = false;
            passed = false;
            Buffer item = item(next);
            next++;
            if (next == items && !isAt(behaviour.cutAfter, next) && !isAt(behaviour.stallAfter, next)) {
                endWith(item, bytes + item.length());
                return;
            }
            bytes += item.length();
            lastWrite = response.write(item);
            progress(next, bytes);
        }
    }

    private Buffer item(int index) {
        Answer stream = streamed;
        if (stream == null) {
            int half = body.length() / 2;
            return index == 0 ? body.slice(0, half) : body.slice(half, body.length());
        }
        Buffer event = stream.event(index);
        GzipStream zipped = gzip;
        if (zipped == null) {
            return event;
        }
        return index == items - 1 ? zipped.last(event) : zipped.next(event);
    }

    private void progress(int sent, long sentBytes) {
        LedgerEntry begun = entry;
        Answer tokens = answered;
        if (begun == null) {
            return;
        }
        boolean whole = sent == items;
        long completion = tokens == null || behaviour.error != null
                ? 0
                : streamed != null ? tokens.completionTokens(sent) : whole ? tokens.completionTokens() : 0;
        simulator.ledger().progress(begun, streamed == null ? 0 : sent, sentBytes, completion);
    }

    private void endWith(Buffer last, long total) {
        progress(items, total);
        response.end(last).onComplete(done -> {
            if (!over) {
                finish(done.succeeded() ? LedgerRecord.End.SENT : LedgerRecord.End.CLIENT_GONE);
            }
        });
    }

    private void cut() {
        closedByUs = true;
        finish(LedgerRecord.End.CUT);
        boolean plainClose = behaviour.cut == Behaviour.Cut.CLOSE;
        lastWrite.onComplete(flushed -> {
            if (request.version() == HttpVersion.HTTP_2) {
                response.reset(HTTP2_INTERNAL_ERROR);
                return;
            }
            if (!plainClose && request.connection() instanceof HttpServerConnection connection) {
                // a close that lingers for no time at all is a reset
                Channel channel = connection.channelHandlerContext().channel();
                channel.config().setOption(ChannelOption.SO_LINGER, 0);
            }
            request.connection().close();
        });
    }

    private void stall() {
        stalled = true;
        LedgerEntry begun = entry;
        if (begun != null) {
            simulator.ledger().stalled(begun);
        }
    }

    private void finish(LedgerRecord.End end) {
        over = true;
        if (timer >= 0) {
            simulator.vertx().cancelTimer(timer);
        }
        if (gate != null) {
            gate.forget(granted);
        }
        if (gzip != null) {
            gzip.close();
        }
        LedgerEntry begun = entry;
        if (begun != null) {
            simulator.ledger().end(begun, end);
        }
    }

    /** The connection, or this stream of it, is closed. */
    private void closed() {
        LedgerEntry begun = entry;
        if (begun == null) {
            return;
        }
        if (!closedByUs) {
            simulator.ledger().peerClosed(begun);
        }
        if (!over) {
            finish(stalled ? LedgerRecord.End.STALLED : LedgerRecord.End.CLIENT_GONE);
        }
    }
}
