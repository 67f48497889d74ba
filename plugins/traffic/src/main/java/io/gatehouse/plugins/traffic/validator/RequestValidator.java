package io.gatehouse.plugins.traffic.validator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.ContentCoding;
import io.gatehouse.api.config.Problems;
import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.api.json.JsonException;
import io.gatehouse.plugins.support.Arguments;
import io.gatehouse.plugins.support.MediaType;
import io.gatehouse.plugins.support.UnreadableCoding;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Kong's request-validator. */
final class RequestValidator implements Plugin {
    /** The largest JSON body that is checked, compressed or not. */
    private static final long MAX_BODY_BYTES = 8 * 1024 * 1024;

    /** From here on a body is checked off the event loop. */
    private static final int LONG_BODY_BYTES = 64 * 1024;

    private final PluginContext context;
    private final List<Parameter> parameters;
    private final @Nullable Check body;
    private final List<MediaType> types;
    private final boolean typesWithParameters;
    private final boolean verbose;

    /** The last content type that was let in: most requests bring the same one. */
    private volatile Verdict verdict = Verdict.NONE;

    /** What is thought of a content type. */
    private record Verdict(String written, boolean allowed, boolean json) {
        static final Verdict NONE = new Verdict("", false, false);
    }

    RequestValidator(RequestValidatorConfig config, Schemas schemas, PluginContext context) {
        this.context = context;
        this.parameters = schemas.parameters();
        this.body = schemas.body();
        this.types = schemas.types();
        this.typesWithParameters = config.contentTypeParameterValidation();
        this.verbose = config.verboseResponse();
    }

    @Override
    public Future<Response> intercept(Request request, Next next) {
        if (!parameters.isEmpty()) {
            Arguments query = Arguments.of(request.query());
            for (Parameter parameter : parameters) {
                List<Check.Violation> found = parameter.violations(request, query);
                if (!found.isEmpty()) {
                    return Response.done(refusal("request param doesn't conform to schema", found));
                }
            }
        }
        Check schema = body;
        if (schema == null) {
            return next.proceed(request);
        }
        String written = request.headers().get("Content-Type");
        Verdict verdict = written == null ? Verdict.NONE : verdict(written);
        if (!verdict.allowed) {
            return Response.done(refusal("specified Content-Type is not allowed", List.of()));
        }
        return verdict.json ? checkBody(request, schema, next) : next.proceed(request);
    }

    private Verdict verdict(String written) {
        Verdict last = verdict;
        if (last.written.equals(written)) {
            return last;
        }
        MediaType type = MediaType.of(written);
        if (type == null || types.stream().noneMatch(allowed -> includes(allowed, type))) {
            return Verdict.NONE;
        }
        boolean json = type.type().equals("application") && type.subtype().equals("json")
                || type.subtype().endsWith("+json");
        Verdict found = new Verdict(written, true, json);
        verdict = found;
        return found;
    }

    /** Values of parameters are compared as they are, but for charset, whose case has no meaning. */
    private boolean includes(MediaType allowed, MediaType given) {
        if (!allowed.includesType(given)) {
            return false;
        }
        if (!typesWithParameters) {
            return true;
        }
        if (!allowed.parameters().keySet().equals(given.parameters().keySet())) {
            return false;
        }
        for (Map.Entry<String, String> parameter : allowed.parameters().entrySet()) {
            String value = given.parameters().get(parameter.getKey());
            boolean same = parameter.getKey().equals("charset")
                    ? parameter.getValue().equalsIgnoreCase(value)
                    : parameter.getValue().equals(value);
            if (!same) {
                return false;
            }
        }
        return true;
    }

    private Future<Response> checkBody(Request request, Check schema, Next next) {
        ContentCoding coding = ContentCoding.of(request.headers());
        if (coding == null) {
            return Response.done(UnreadableCoding.refused());
        }
        return request.body().buffer(MAX_BODY_BYTES).compose(fits -> {
            if (!fits) {
                return Response.done(Response.error(413, "Payload too large"));
            }
            Buffer sent =
                    request.body().isEmpty() ? Buffer.buffer() : request.body().bytes();
            if (coding == ContentCoding.IDENTITY) {
                return sent.length() <= LONG_BODY_BYTES
                        ? answer(violations(sent, schema), request, next)
                        : check(sent, schema).compose(found -> answer(found, request, next));
            }
            // what is checked is decoded; what is sent on stays as it is
            Body decoded = Body.of(sent).decoded(coding, Long.MAX_VALUE); // no more of it is read than fits
            return decoded.buffer(MAX_BODY_BYTES).transform(read -> {
                if (read.failed()) {
                    return answer(
                            List.of(new Check.Violation("", "expected a body that its content coding can undo")),
                            request,
                            next);
                }
                return read.result()
                        ? check(decoded.isEmpty() ? Buffer.buffer() : decoded.bytes(), schema)
                                .compose(found -> answer(found, request, next))
                        : Response.done(Response.error(413, "Payload too large"));
            });
        });
    }

    private Future<List<Check.Violation>> check(Buffer bytes, Check schema) {
        return bytes.length() > LONG_BODY_BYTES
                ? context.blocking(() -> violations(bytes, schema))
                : Future.succeededFuture(violations(bytes, schema));
    }

    private static List<Check.Violation> violations(Buffer bytes, Check schema) {
        try {
            JsonNode read = Json.read(bytes.getBytes());
            // what is none to a stricter reader, or another value to the next one, is not what was checked
            String ambiguity = JsonBytes.scan(bytes).ambiguity(false);
            return ambiguity == null ? schema.violations(read) : List.of(new Check.Violation("", ambiguity));
        } catch (IllegalArgumentException | JsonException e) {
            return List.of(new Check.Violation("", String.valueOf(e.getMessage())));
        }
    }

    private Future<Response> answer(List<Check.Violation> found, Request request, Next next) {
        return found.isEmpty()
                ? next.proceed(request)
                : Response.done(refusal("request body doesn't conform to schema", found));
    }

    private Response refusal(String message, List<Check.Violation> found) {
        ObjectNode answer = Json.MAPPER.createObjectNode().put("message", message);
        if (verbose && !found.isEmpty()) {
            ArrayNode errors = answer.putArray("errors");
            for (Check.Violation violation : found) {
                errors.addObject().put("path", violation.path()).put("message", violation.message());
            }
        }
        return Response.json(400, answer.toString());
    }

    /** What a configuration's schemas were made into. */
    record Schemas(@Nullable Check body, List<Parameter> parameters, List<MediaType> types) {
        /** Makes them; what cannot be made is reported with its field. */
        static Schemas of(RequestValidatorConfig config, Problems problems) {
            Check body = null;
            String text = config.bodySchema();
            if (text != null) {
                try {
                    var read = Json.read(text.getBytes(StandardCharsets.UTF_8));
                    var draft = config.version().draft();
                    body = draft == null
                            ? KongSchema.of(read)
                            : DraftSchema.of(read, draft, config.arrayLengthCompat());
                } catch (IllegalArgumentException e) {
                    problems.add("body_schema", String.valueOf(e.getMessage()));
                }
            }
            List<Parameter> parameters = new ArrayList<>();
            for (int i = 0; i < config.parameterSchema().size(); i++) {
                try {
                    parameters.add(Parameter.of(config.parameterSchema().get(i), config.arrayLengthCompat()));
                } catch (IllegalArgumentException e) {
                    problems.add("parameter_schema[" + i + "]", String.valueOf(e.getMessage()));
                }
            }
            List<MediaType> types = new ArrayList<>();
            for (int i = 0; i < config.allowedContentTypes().size(); i++) {
                MediaType type = MediaType.of(config.allowedContentTypes().get(i));
                if (type == null) {
                    problems.add(
                            "allowed_content_types[" + i + "]",
                            "got " + config.allowedContentTypes().get(i) + " (expected: type/subtype)");
                } else {
                    types.add(type);
                }
            }
            return new Schemas(body, List.copyOf(parameters), List.copyOf(types));
        }
    }
}
