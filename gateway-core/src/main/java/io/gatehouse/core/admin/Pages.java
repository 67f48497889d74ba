package io.gatehouse.core.admin;

import io.gatehouse.api.AddressRange;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.exchange.DateHeader;
import io.gatehouse.core.exchange.HeaderNames;
import io.gatehouse.core.service.InternalMetrics;
import io.gatehouse.core.service.NodeFacts;
import io.gatehouse.core.service.NodeMemory;
import io.gatehouse.core.service.Scraper;
import io.netty.handler.codec.http.multipart.HttpPostRequestDecoder;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.VertxException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pages that both listeners have, and how answers look: Kong's JSON, its request id header, its texts for what is
 * not there.
 */
final class Pages {
    static final String METRICS_TYPE = "text/plain; charset=UTF-8";
    static final String JSON_TYPE = "application/json; charset=utf-8";

    private static final Logger LOG = LoggerFactory.getLogger(Pages.class);
    private static final int IDLE_SECONDS = 75;

    /** As in Kong. */
    private static final int MOST_FORM_FIELDS = 1000;

    private static final long LARGEST_STATUS = 4096;
    private static final List<AddressRange> LOOPBACK = Stream.of("127.0.0.0/8", "::1")
            .map(text -> Objects.requireNonNull(AddressRange.of(text)))
            .toList();
    private static final String ALLOWED = "GET, HEAD, OPTIONS";

    private final Context loop;
    private final Router router;
    private final AdminView view;
    private final NodeMemory memory;
    private final DateHeader date = new DateHeader(System::currentTimeMillis);
    private final List<String> paths = new ArrayList<>();

    Pages(Context loop, AdminView view, NodeMemory memory, String idHeader) {
        this.loop = loop;
        this.view = view;
        this.memory = memory;
        this.router = Router.router(loop.owner());
        String server = "gatehouse/" + view.node().version();
        router.errorHandler(
                400, context -> message(context, 400, "Bad request")); // a path that is none: no route sees it
        router.route()
                .handler(context -> {
                    context.response()
                            .putHeader("Server", server)
                            .putHeader(idHeader, UUID.randomUUID().toString().replace("-", ""));
                    context.next();
                })
                .failureHandler(Pages::failed);
    }

    /** What a client did is told to it alone; all else is our fault, and told in the log. Paths may hold keys. */
    private static void failed(RoutingContext context) {
        Throwable cause = context.failure();
        if (context.statusCode() == 413) {
            message(context, 413, "Payload too large");
        } else if (context.statusCode() == 400) {
            message(context, 400, wrong(context, cause));
        } else if (cause != null && hasLeft(context, cause)) {
            context.response().reset();
        } else {
            if (cause != null) {
                LOG.atError()
                        .setCause(cause)
                        .addKeyValue("method", context.request().method())
                        .log("A page of the Admin or Status API failed");
            }
            if (context.response().headWritten()) {
                context.response().reset();
            } else {
                message(context, 500, "An unexpected error occurred");
            }
        }
    }

    private static String wrong(RoutingContext context, @Nullable Throwable cause) {
        if (context.request().authority() == null) {
            return "Host: missing (expected: the name or address of this listener)";
        }
        if (cause instanceof HttpPostRequestDecoder.TooManyFormFieldsException) {
            return "Too many arguments (expected: at most " + MOST_FORM_FIELDS + ")";
        }
        return cause == null
                ? "Bad request"
                : "Cannot parse form body (expected: name=value joined by &, or the parts of multipart/form-data)";
    }

    /** Whether a request ended within its body. */
    private static boolean hasLeft(RoutingContext context, Throwable cause) {
        return !context.request().isEnded() && (cause instanceof IOException || cause instanceof VertxException);
    }

    Router router() {
        return router;
    }

    /** All paths that have a page. */
    List<String> paths() {
        return paths;
    }

    /** Adds a page that can only be read. */
    void page(String path, Handler<RoutingContext> handler) {
        page(path, ALLOWED, handler);
    }

    /**
     * Adds a page to be read.
     *
     * @param allowed all methods of the path; the handlers of others come first
     */
    void page(String path, String allowed, Handler<RoutingContext> handler) {
        paths.add(path);
        router.route(path).method(HttpMethod.GET).method(HttpMethod.HEAD).handler(handler);
        others(path, allowed);
    }

    /**
     * Answers the methods that a path has no page for.
     *
     * @param allowed those that it has one for, and OPTIONS
     */
    void others(String path, String allowed) {
        router.route(path).handler(context -> {
            context.response().putHeader("Allow", allowed);
            if (context.request().method().equals(HttpMethod.OPTIONS)) {
                context.response().setStatusCode(204).end();
            } else {
                message(context, 405, "Method not allowed");
            }
        });
    }

    /** Adds pages that look at the parts of a path themselves. */
    void anything(BiConsumer<RoutingContext, List<String>> handler) {
        router.route().handler(context -> {
            List<String> parts;
            try {
                parts = EntityPath.parts(context.request().path());
            } catch (IllegalArgumentException malformed) {
                message(context, 400, "The path is not valid UTF-8");
                return;
            }
            handler.accept(context, parts);
        });
    }

    /** Adds the pages that both listeners have. */
    void common(Scraper metrics, Scraper internal) {
        page("/metrics", context -> scrape(context, metrics, METRICS_TYPE));
        page("/metrics/internal", context -> scrape(context, internal, InternalMetrics.CONTENT_TYPE));
        page("/status", context -> {
            try {
                json(context, 200, status(ByteFormat.of(context.queryParams())));
            } catch (AdminError refused) {
                json(context, refused.status(), refused.body());
            }
        });
        router.post("/status/ready")
                .handler(BodyHandler.create(false).setBodyLimit(LARGEST_STATUS))
                .handler(this::drain);
        page("/status/ready", "GET, HEAD, OPTIONS, POST", context -> {
            AdminView.Readiness readiness = view.readiness();
            message(context, readiness == AdminView.Readiness.READY ? 200 : 503, readiness.message());
        });
    }

    /**
     * As in Kong, what stands before the node is told to send no more requests. No page of a browser may tell that, and over
     * the Status API, which asks for no token, only this machine.
     */
    private void drain(RoutingContext context) {
        if (context.request().getHeader("Origin") != null) {
            message(context, 403, "Requests of web pages are refused");
            return;
        }
        if (!Access.isWriter(context) && !isOfThisMachine(context)) {
            message(
                    context,
                    403,
                    "Only this machine may say that here (expected: a loopback address, or the Admin API)");
            return;
        }
        try {
            ConfigNode status = RequestBody.read(context).get("status");
            if (!(status instanceof ConfigNode.Scalar text) || !"draining".equals(text.text())) {
                message(context, 400, "status: invalid (expected: draining)");
                return;
            }
        } catch (AdminError refused) {
            json(context, refused.status(), refused.body());
            return;
        }
        view.drain();
        context.response().setStatusCode(204).end();
    }

    private static boolean isOfThisMachine(RoutingContext context) {
        String address = context.request().connection().remoteAddress(true).hostAddress();
        byte[] bytes = address == null ? null : AddressRange.address(address);
        return bytes != null && LOOPBACK.stream().anyMatch(range -> range.contains(bytes));
    }

    /** Adds the answer to everything that is not there, and opens the listener. Call it last. */
    Future<HttpServer> listen(HttpServerOptions options, String host, int port) {
        router.route().handler(context -> message(context, 404, "Not found"));
        Promise<HttpServer> opened = Promise.promise();
        loop.runOnContext(nothing -> loop.owner()
                .createHttpServer(options.setIdleTimeout(IDLE_SECONDS).setMaxFormFields(MOST_FORM_FIELDS))
                .requestHandler(request -> router.handle(WorkspacePages.within(dated(request))))
                .invalidRequestHandler(
                        request -> HttpServerRequest.DEFAULT_INVALID_REQUEST_HANDLER.handle(dated(request)))
                .listen(port, host)
                .onComplete(opened));
        return opened.future();
    }

    private HttpServerRequest dated(HttpServerRequest request) {
        request.response().putHeader(HeaderNames.DATE, date.now());
        return request;
    }

    private static void scrape(RoutingContext context, Scraper scraper, String type) {
        if (context.request().method().equals(HttpMethod.HEAD)) {
            context.response().putHeader("Content-Type", type).end();
            return;
        }
        scraper.writeTo(context.response(), type).onFailure(cause -> {
            // the text is read before the head goes out: what fails later is the way to a client that left, and no
            // fault of ours. With native transport the failed write is known before the closed connection is.
            if (!context.response().headWritten()) {
                context.fail(cause);
            } else if (!context.response().closed()) {
                context.response().reset();
            }
        });
    }

    private JsonObject status(ByteFormat bytes) {
        NodeFacts node = view.node();
        long active = node.connectionsActive();
        long writing = node.exchangesInFlight();
        JsonObject pools = new JsonObject();
        for (NodeFacts.Pool pool : memory.pools()) {
            pools.put(
                    pool.name(),
                    new JsonObject()
                            .put("allocated_slabs", bytes.shown(pool.used()))
                            .put("capacity", bytes.shown(pool.capacity())));
        }
        return new JsonObject()
                .put(
                        "memory",
                        new JsonObject()
                                .put(
                                        "workers_lua_vms",
                                        new JsonArray()
                                                .add(new JsonObject()
                                                        .put("http_allocated_gc", bytes.shown(memory.heapUsed()))
                                                        .put("pid", memory.pid())))
                                .put("lua_shared_dicts", pools))
                .put(
                        "server",
                        new JsonObject()
                                .put("connections_accepted", node.connectionsAccepted())
                                .put("connections_active", active)
                                .put("connections_handled", node.connectionsAccepted())
                                .put("connections_reading", 0)
                                .put("connections_waiting", Math.max(0, active - writing))
                                .put("connections_writing", writing)
                                .put("total_requests", node.requests()))
                .put("configuration_hash", view.configurationHash())
                .put("connect_to", new JsonArray(new ArrayList<>(view.connectTo())));
    }

    static void message(RoutingContext context, int status, String message) {
        json(context, status, new JsonObject().put("message", message));
    }

    static void json(RoutingContext context, int status, JsonObject json) {
        json(context, status, json.toBuffer());
    }

    static void json(RoutingContext context, int status, Buffer json) {
        context.response()
                .setStatusCode(status)
                .putHeader("Content-Type", JSON_TYPE)
                .end(json);
    }
}
