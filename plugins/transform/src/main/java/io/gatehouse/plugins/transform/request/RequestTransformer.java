package io.gatehouse.plugins.transform.request;

import io.gatehouse.api.FailureKind;
import io.gatehouse.api.HiddenDots;
import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.BodyException;
import io.gatehouse.api.body.ContentCoding;
import io.gatehouse.plugins.support.Arguments;
import io.gatehouse.plugins.support.UnreadableCoding;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Kong's request-transformer. */
final class RequestTransformer implements Plugin {
    /** The longest body that is changed. */
    static final long MAX_BODY = 8 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(RequestTransformer.class);
    private static final Set<String> FORM_IN_QUERY = Set.of("GET", "HEAD", "TRACE");

    private final @Nullable HttpMethod method;
    private final boolean formToQuery;
    private final @Nullable Template path;
    private final Rules headers;
    private final Rules body;
    private final Rules query;
    private final boolean changesType;
    private final boolean readsHeaders;

    RequestTransformer(RequestTransformerConfig config) {
        String name = config.httpMethod();
        this.method = name == null ? null : HttpMethod.valueOf(name);
        this.formToQuery = name != null && FORM_IN_QUERY.contains(name);
        String uri = config.replace().uri();
        this.path = uri == null ? null : Template.of(uri);
        this.headers = new Rules(
                config.remove().headers(),
                config.rename().headers(),
                config.replace().headers(),
                config.add().headers(),
                config.append().headers());
        this.body = new Rules(
                config.remove().body(),
                config.rename().body(),
                config.replace().body(),
                config.add().body(),
                config.append().body());
        this.query = new Rules(
                config.remove().querystring(),
                config.rename().querystring(),
                config.replace().querystring(),
                config.add().querystring(),
                config.append().querystring());
        this.changesType = headers.names("Content-Type");
        this.readsHeaders = path != null && path.readsHeaders()
                || headers.readsHeaders()
                || body.readsHeaders()
                || query.readsHeaders();
    }

    @Override
    public Future<Response> intercept(Request request, Next next) {
        if (body.isEmpty() && !formToQuery) {
            return transformed(request, BodyKind.OTHER, null, next);
        }
        BodyKind kind = BodyKind.of(request.headers().get(HttpHeaders.CONTENT_TYPE));
        // rules for headers come before those for the body, and may change its type
        boolean reads = !body.isEmpty() && (changesType ? kindBehindHeaders(request) : kind) != BodyKind.OTHER
                || formToQuery && kind == BodyKind.FORM;
        if (!reads) {
            return transformed(request, kind, null, next);
        }
        ContentCoding coding = ContentCoding.of(request.headers());
        if (coding == null) {
            return Response.done(UnreadableCoding.refused()); // what a rule is meant for does not pass without it
        }
        if (coding != ContentCoding.IDENTITY) {
            request.headers().remove("Content-Encoding");
            request.body(request.body().decoded(coding, Long.MAX_VALUE)); // no more of it is read than fits
        }
        return request.body().buffer(MAX_BODY).transform(read -> {
            if (read.failed()) {
                // a body that is not what its coding says is the client's fault, whatever it would be in an answer
                return read.cause() instanceof BodyException broken
                                && broken.failure().kind() == FailureKind.INVALID_RESPONSE
                        ? Response.done(Response.error(400, "Bad request"))
                        : Future.failedFuture(read.cause());
            }
            return read.result()
                    ? transformed(request, kind, request.body().bytes(), next)
                    : Response.done(Response.error(413, "Payload too large"));
        });
    }

    private Future<Response> transformed(Request request, BodyKind kind, @Nullable Buffer bytes, Next next) {
        Facts facts = new Facts(request, readsHeaders);
        if (path != null) {
            String rendered = PathText.render(path, facts);
            if (rendered.isEmpty() || rendered.charAt(0) != '/') {
                LOG.warn(
                        "replace.uri: what it gave does not begin with a slash: request_id={}",
                        request.exchange().id());
                return Response.done(Response.error(500, "An unexpected error occurred"));
            }
            int mark = rendered.indexOf('?');
            if (HiddenDots.any(mark < 0 ? rendered : rendered.substring(0, mark))) {
                return Response.done(Response.error(400, "Bad request")); // what a client sends leads out of the path
            }
            request.uri(withQuery(rendered, request.query()));
        }
        if (method != null) {
            request.method(method);
            if (formToQuery && kind == BodyKind.FORM && bytes != null && bytes.length() > 0) {
                String form = bytes.toString(StandardCharsets.ISO_8859_1);
                String before = request.query();
                request.query(before == null || before.isEmpty() ? form : before + '&' + form);
            }
        }
        if (!headers.isEmpty()) {
            changeHeaders(request.headers(), facts);
        }
        if (bytes != null && !body.isEmpty()) {
            String type = request.headers().get("Content-Type");
            Buffer changed = BodyKind.of(type).apply(body, bytes, type, facts);
            if (changed != null) {
                request.body(Body.of(changed));
            }
        }
        if (!query.isEmpty()) {
            request.query(BodyKind.arguments(query, Arguments.of(request.query()), true, facts)
                    .toText());
        }
        return next.proceed(request);
    }

    /** A path that may have a query, and behind it the client's query. */
    private static String withQuery(String path, @Nullable String query) {
        if (query == null) {
            return path;
        }
        int mark = path.indexOf('?');
        if (mark < 0) {
            return path + '?' + query;
        }
        return query.isEmpty() ? path : path + (mark == path.length() - 1 ? "" : "&") + query;
    }

    private BodyKind kindBehindHeaders(Request request) {
        MultiMap changed = MultiMap.caseInsensitiveMultiMap().addAll(request.headers());
        changeHeaders(changed, new Facts(request, readsHeaders));
        return BodyKind.of(changed.get("Content-Type"));
    }

    private void changeHeaders(MultiMap all, Facts facts) {
        for (String name : headers.remove) {
            if (!isHost(name)) {
                all.remove(name);
            }
        }
        for (Rules.Setting setting : headers.rename) {
            String to = setting.value().toString();
            List<String> values = new ArrayList<>(all.getAll(setting.name()));
            if (!values.isEmpty() && !isHost(setting.name())) {
                all.remove(setting.name());
                all.set(to, values);
            }
        }
        for (Rules.Setting setting : headers.replace) {
            if (isHost(setting.name()) || all.contains(setting.name())) {
                all.set(setting.name(), headerValue(setting, facts));
            }
        }
        for (Rules.Setting setting : headers.add) {
            if (!isHost(setting.name()) && !all.contains(setting.name())) {
                all.set(setting.name(), headerValue(setting, facts));
            }
        }
        for (Rules.Setting setting : headers.append) {
            if (!isHost(setting.name())) {
                all.add(setting.name(), headerValue(setting, facts));
            }
        }
    }

    /** A query argument may hold what no header can: a space stands for it. */
    private static String headerValue(Rules.Setting setting, Facts facts) {
        String value = setting.value().render(facts);
        for (int i = 0; i < value.length(); i++) {
            if (isControl(value.charAt(i))) {
                return clean(value);
            }
        }
        return value;
    }

    private static String clean(String value) {
        StringBuilder clean = new StringBuilder(value.length());
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            clean.append(isControl(c) ? ' ' : c);
        }
        return clean.toString();
    }

    private static boolean isControl(char c) {
        return c < ' ' && c != '\t' || c == 0x7F;
    }

    private static boolean isHost(String name) {
        return name.equalsIgnoreCase("host");
    }
}
