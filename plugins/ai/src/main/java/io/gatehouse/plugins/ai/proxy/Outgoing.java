package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.Exchange;
import io.gatehouse.api.Redaction;
import io.gatehouse.api.Request;
import io.gatehouse.api.WireText;
import io.gatehouse.api.ai.LlmModel;
import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.ai.LlmProvider;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.config.Secret;
import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.api.json.JsonEdit;
import io.gatehouse.api.json.JsonException;
import io.gatehouse.api.json.JsonKind;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns a copy of the client's request into the request for one target. Every attempt starts from the client's request,
 * so that nothing of one target, least of all its key, reaches another. Belongs to one exchange.
 */
final class Outgoing {
    private static final int MIN_KEY = 8;

    private final Admission admission;
    private final @Nullable RequestBody body;
    private final Request attempt;
    private final LlmTarget.Bound bound;
    private final LlmTarget target;
    private final LlmModel model;
    private final AuthConfig auth;
    private final boolean working;
    private boolean usageInjected;

    /** @param body the scanned body; null when there is none */
    Outgoing(Admission admission, @Nullable RequestBody body, Request attempt, LlmTarget.Bound bound) {
        this.admission = admission;
        this.body = body;
        this.attempt = attempt;
        this.bound = bound;
        this.target = bound.target();
        this.model = bound.model();
        this.auth = target.config().auth();
        this.working = admission.isWorking() && body != null;
    }

    /** Whether usage was asked for that the client did not ask for. */
    boolean usageInjected() {
        return usageInjected;
    }

    /** Pointers to the body's fields that hold a credential of the gateway. */
    List<String> secretFields() {
        String name = auth.paramName();
        return name != null && "body".equals(auth.paramLocation()) ? List.of(Pointers.to(name)) : List.of();
    }

    /** Takes out response headers in which a careless upstream sends the gateway's credential back. */
    void dropEchoes(MultiMap headers) {
        dropEchoes(headers, auth.headerValue());
        dropEchoes(headers, auth.paramValue());
    }

    private static void dropEchoes(MultiMap headers, @Nullable Secret secret) {
        String value = secret == null ? "" : secret.value();
        if (value.isEmpty()) {
            return;
        }
        int space = value.lastIndexOf(' ');
        String key = value.substring(space + 1);
        Set<String> echoes = Set.of();
        for (Map.Entry<String, String> header : headers) {
            // a key is long; a short word of a scheme could be anywhere
            if (key.length() >= MIN_KEY && header.getValue().contains(key)) {
                echoes = echoes.isEmpty() ? new HashSet<>() : echoes;
                echoes.add(header.getKey());
            }
        }
        for (String name : echoes) {
            headers.remove(name);
        }
    }

    /** @throws Refusal when the target does not make an address for this request */
    void prepare() {
        Exchange exchange = attempt.exchange();
        Redaction read = exchange.credentialsRead();
        Address address = bound.address(admission.stream());
        dropCredentials(read);
        // the provider's own name; what the client called is nothing to it
        attempt.headers().remove("Host");
        attempt.headers().remove("Upgrade"); // what an LLM says over a WebSocket could not be read here
        // usage is read from the answer as it passes
        attempt.headers().set("Accept-Encoding", "identity");
        headerAuth();
        attempt.uri(path(exchange, address) + query(address, read));
        if (target.operation() != LlmOperation.RESPONSES && target.operation() != LlmOperation.PRESERVE) {
            attempt.method(HttpMethod.POST);
        }
        editBody(read);
        attempt.to(address.target(exchange.service()));
    }

    private void dropCredentials(Redaction read) {
        for (String name : read.headers()) {
            attempt.headers().remove(name);
        }
    }

    private void headerAuth() {
        String name = auth.headerName();
        Secret value = auth.headerValue();
        if (name == null
                || value == null
                || auth.allowOverride() && attempt.headers().contains(name)) {
            return;
        }
        attempt.headers().set(name, WireText.encode(value.value()));
    }

    private String path(Exchange exchange, Address address) {
        if (target.operation() == LlmOperation.PRESERVE && model.option("upstream_path") == null) {
            String path = exchange.original().path();
            return path.isEmpty() ? "/" : path;
        }
        String suffix = admission.suffix();
        return suffix.isEmpty() ? address.path() : address.path().equals("/") ? suffix : address.path() + suffix;
    }

    private String query(Address address, Redaction read) {
        String query = Queries.join(address.query(), Queries.without(attempt.query(), read.queryArguments()));
        String name = auth.paramName();
        Secret value = auth.paramValue();
        if (name != null && value != null && "query".equals(auth.paramLocation())) {
            boolean kept = auth.allowOverride() && Queries.first(query, name) != null;
            if (!kept) {
                query = Queries.join(
                        Queries.without(query, other -> other.equals(name)), Queries.argument(name, value.value()));
            }
        }
        return query == null ? "" : '?' + query;
    }

    private void editBody(Redaction credentials) {
        RequestBody read = body;
        JsonBytes json = read == null ? null : read.json();
        if (read == null || json == null) {
            return;
        }
        JsonEdit edit = json.edit();
        for (String field : credentials.bodyFields()) {
            removeField(json, edit, field);
        }
        LlmOperation operation = target.operation();
        if (working && operation != LlmOperation.PRESERVE) {
            String name = model.name();
            if (name != null) {
                edit.set("/model", name);
            }
            options(edit, json, operation);
            streaming(edit, json, read, operation);
        }
        String name = auth.paramName();
        Secret value = auth.paramValue();
        if (name != null && value != null && "body".equals(auth.paramLocation())) {
            String pointer = Pointers.to(name);
            if (!(auth.allowOverride() && json.exists(pointer))) {
                edit.set(pointer, value.value());
            }
        }
        try {
            attempt.body(Body.of(edit.apply()));
        } catch (JsonException e) {
            throw Refusal.badRequest(
                    "error transforming to " + target.provider().name() + "://" + operation.routeType());
        }
        if (!attempt.headers().contains("Content-Type")) {
            attempt.headers().set("Content-Type", "application/json");
        }
    }

    /** Names of credentials are lower case in the list; in bodies they are found as auth plugins find them. */
    private static void removeField(JsonBytes json, JsonEdit edit, String lowerCaseName) {
        List<String> names = new ArrayList<>(1);
        for (int i = 0; i < json.memberCount(); i++) {
            String name = json.memberName(i);
            if (Lower.of(name).equals(lowerCaseName)) {
                names.add(name);
            }
        }
        for (String name : names) {
            edit.remove(Pointers.to(name));
        }
    }

    private void options(JsonEdit edit, JsonBytes json, LlmOperation operation) {
        OptionsConfig options = target.options();
        if (operation == LlmOperation.EMBEDDINGS) {
            if (options.embeddingsDimensions() != null) {
                edit.set("/dimensions", options.embeddingsDimensions());
            }
            return;
        }
        if (options.temperature() != null) {
            edit.set("/temperature", options.temperature());
        }
        if (options.topP() != null) {
            edit.set("/top_p", options.topP());
        }
        edit.remove("/top_k");
        LlmProvider provider = target.provider();
        String field = provider.maxTokensField(model, operation);
        if (options.maxTokens() != null) {
            edit.set(Pointers.to(field), options.maxTokens());
            if (operation == LlmOperation.CHAT) {
                // both at once are refused by the provider, and only one of them is the configured limit
                edit.remove(field.equals("max_tokens") ? "/max_completion_tokens" : "/max_tokens");
            }
        } else if (field.equals("max_completion_tokens") && json.exists("/max_tokens")) {
            if (!json.exists("/max_completion_tokens")) {
                edit.set("/max_completion_tokens", json.at("/max_tokens"));
            }
            edit.remove("/max_tokens");
        }
    }

    private void streaming(JsonEdit edit, JsonBytes json, RequestBody read, LlmOperation operation) {
        boolean stream = admission.stream();
        boolean completing = operation == LlmOperation.CHAT || operation == LlmOperation.COMPLETIONS;
        if (read.stream() != stream || completing && !read.saysStream()) {
            edit.set("/stream", stream);
        }
        if (!completing) {
            return;
        }
        switch (target.provider().streamUsage(model, operation)) {
            case ALWAYS -> edit.remove("/stream_options");
            case ASK -> {
                JsonKind kind = json.kind("/stream_options");
                if (stream
                        && !read.asksForUsage()
                        && (kind == null || kind == JsonKind.NULL || kind == JsonKind.OBJECT)) {
                    edit.set("/stream_options/include_usage", true);
                    usageInjected = true;
                }
            }
            case NEVER -> {}
        }
    }
}
