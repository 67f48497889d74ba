package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.Exchange;
import io.gatehouse.api.Key;
import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.ai.AiCall;
import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.ai.LlmProvider;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.ContentCoding;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The plugin behind both names. Checks requests in {@link #admit}, where no cache hit can skip the check, and sends them
 * in {@link #intercept}. Shared by all event loops.
 */
final class Engine implements Plugin {
    /** Names of models that clients made up and that metrics may show; the rest are {@link AiCall#UNSPECIFIED}. */
    private static final int MAX_FOREIGN_MODELS = 50;

    private static final int MAX_MODEL_LENGTH = 128;

    private static final String ALL_REST = "no target is available: all of them rest after failures";

    private final Key<Admission> admitted = Key.of("ai-proxy admission");
    private final String pluginId;
    private final List<LlmTarget> targets;
    private final Balancer balancer;
    private final BalancerConfig balancing;
    private final FailoverCriteria criteria;
    private final String streaming;
    private final boolean modelHeader;
    private final long maxBody;
    private final boolean anyStatistics;
    private final Set<String> ownModels;
    private final Set<String> foreignModels = ConcurrentHashMap.newKeySet();

    /** @param ownTimeouts whether the balancer's time-outs count, or the service's */
    Engine(AiProxyAdvancedConfig config, boolean ownTimeouts, PluginContext context) {
        this.pluginId = context.pluginId();
        this.targets = targets(config, ownTimeouts, Providers.of(context.extensions(LlmProvider.class)));
        this.balancing = config.balancer();
        this.balancer = new Balancer(pluginId, balancing, config.targets(), context.clock(), new Random());
        this.criteria = new FailoverCriteria(balancing.failoverCriteria());
        this.streaming = config.responseStreaming();
        this.modelHeader = config.modelNameHeader();
        this.maxBody = config.maxRequestBodySize() == 0 ? Long.MAX_VALUE : config.maxRequestBodySize();
        this.anyStatistics =
                targets.stream().anyMatch(target -> target.config().logging().logStatistics());
        Set<String> names = new LinkedHashSet<>();
        for (LlmTarget target : targets) {
            ModelConfig model = target.config().model();
            if (model.name() != null) {
                names.add(model.name());
            }
            if (model.modelAlias() != null) {
                names.add(model.modelAlias());
            }
        }
        this.ownModels = Set.copyOf(names);
    }

    private static List<LlmTarget> targets(AiProxyAdvancedConfig config, boolean ownTimeouts, Providers providers) {
        List<LlmTarget> targets = new ArrayList<>();
        List<String> faults = new ArrayList<>();
        for (int i = 0; i < config.targets().size(); i++) {
            TargetConfig target = config.targets().get(i);
            String path = "targets[" + i + "].";
            LlmOperation operation = LlmOperation.ofRouteType(target.routeType());
            LlmProvider provider = providers.find(target.model().provider());
            if (operation == null) {
                faults.add(path + "route_type: " + target.routeType() + " (expected: a route type that is built)");
            } else if (provider == null) {
                faults.add(path + "model.provider: " + target.model().provider() + " (expected one of: "
                        + providers.names() + ")");
            } else {
                ConfigCheck.provider(
                        path,
                        provider,
                        LlmTarget.modelOf(target.model()),
                        operation,
                        (where, message) -> faults.add(where + ": " + message));
                targets.add(new LlmTarget(i, target, operation, provider, config.balancer(), ownTimeouts));
            }
        }
        if (!faults.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", faults));
        }
        return List.copyOf(targets);
    }

    String pluginId() {
        return pluginId;
    }

    BalancerConfig balancing() {
        return balancing;
    }

    FailoverCriteria criteria() {
        return criteria;
    }

    boolean modelHeader() {
        return modelHeader;
    }

    Balancer balancer() {
        return balancer;
    }

    /** The answer when every target that a request may go to rests. */
    Response resting(Exchange exchange, BitSet candidates, @Nullable RequestBody body) {
        Response response = refused(exchange, Refusal.of(500, ALL_REST), body);
        response.headers().set("Retry-After", Long.toString(balancer.restSeconds(candidates)));
        return response;
    }

    @Override
    public Future<Response> admit(Request request, Next next) {
        return buffered(request).compose(fits -> {
            Exchange exchange = request.exchange();
            RequestBody body = fits ? bodyOf(request) : null;
            try {
                if (!fits) {
                    throw Refusal.badRequest(Refusal.NO_PROMPTS);
                }
                exchange.attributes().set(admitted, check(request, body));
            } catch (Refusal refusal) {
                return Response.done(refused(exchange, refusal, body));
            }
            return next.proceed(request);
        });
    }

    @Override
    public Future<Response> intercept(Request request, Next next) {
        Admission admission = request.exchange().attributes().get(admitted);
        if (admission == null) {
            return admit(request, inner -> intercept(inner, next));
        }
        // a plugin in between may have replaced the body by one that streams
        return buffered(request).compose(fits -> {
            if (!fits) {
                return Response.done(refused(request.exchange(), Refusal.badRequest(Refusal.NO_PROMPTS), null));
            }
            return new LlmCall(this, admission, request, bodyOf(request), next).run();
        });
    }

    /** Reads the body into memory; false when it is too large, or did not come whole. */
    private Future<Boolean> buffered(Request request) {
        Body body = request.body();
        if (body.isEmpty() || body.isBuffered()) {
            return Future.succeededFuture(body.length() <= maxBody);
        }
        return body.length() > maxBody
                ? Future.succeededFuture(false)
                : body.buffer(maxBody).otherwise(false);
    }

    private static @Nullable RequestBody bodyOf(Request request) {
        return request.body().isEmpty() ? null : request.body().view(RequestBody.VIEW);
    }

    private Admission check(Request request, @Nullable RequestBody body) {
        String ambiguity = body == null ? null : body.ambiguity();
        if (ambiguity != null) {
            throw Refusal.badRequest("request body may be read in several ways: " + ambiguity);
        }
        Exchange exchange = request.exchange();
        String path = exchange.original().path();
        BitSet fitting = new BitSet();
        String suffix = "";
        String problem = null;
        for (LlmTarget target : targets) {
            LlmOperation operation = target.operation();
            if (operation == LlmOperation.RESPONSES) {
                suffix = Paths.after(path, "responses");
            }
            String found = problem(request, body, operation, suffix);
            if (found == null) {
                fitting.set(target.index());
            } else if (problem == null) {
                problem = found;
            }
        }
        if (fitting.isEmpty()) {
            throw Refusal.badRequest(problem == null ? Refusal.NO_PROMPTS : problem);
        }
        if (Paths.climbs(suffix)) {
            throw Refusal.badRequest(Paths.CLIMBS);
        }
        boolean stream = body != null && body.stream();
        boolean working = suffix.isEmpty() && request.method().equals(HttpMethod.POST);
        if (stream && streaming.equals("deny")) {
            throw Refusal.badRequest("response streaming is not enabled for this LLM");
        }
        if (streaming.equals("always")
                && working
                && canStream(targets.get(fitting.nextSetBit(0)).operation())) {
            stream = true;
        }
        LlmTarget.@Nullable Bound[] bounds = new LlmTarget.Bound[targets.size()];
        BitSet candidates = choose(exchange, fitting, body == null ? null : body.model(), bounds);
        return new Admission(bounds, candidates, suffix, stream, working);
    }

    private static boolean canStream(LlmOperation operation) {
        return operation == LlmOperation.CHAT
                || operation == LlmOperation.COMPLETIONS
                || operation == LlmOperation.RESPONSES;
    }

    private static @Nullable String problem(
            Request request, @Nullable RequestBody body, LlmOperation operation, String suffix) {
        if (operation == LlmOperation.PRESERVE) {
            return null;
        }
        if (body == null) {
            boolean bodiless = operation == LlmOperation.RESPONSES
                    && (!suffix.isEmpty() || !request.method().equals(HttpMethod.POST));
            return bodiless ? null : Refusal.NO_PROMPTS;
        }
        if (!isJson(request.headers().get("Content-Type"))) {
            return Refusal.NO_PROMPTS;
        }
        if (ContentCoding.of(request.headers()) != ContentCoding.IDENTITY) {
            throw Refusal.compressed();
        }
        return body.problem(operation);
    }

    /** Whether a content type is JSON's, which it is when there is none. */
    static boolean isJson(@Nullable String contentType) {
        if (contentType == null) {
            return true;
        }
        int end = contentType.indexOf(';');
        String type = Lower.of((end < 0 ? contentType : contentType.substring(0, end)).strip());
        return type.isEmpty()
                || type.equals("application/json")
                || type.startsWith("application/") && type.endsWith("+json");
    }

    /** Binds the targets that a request may go to, by the model that it names. */
    private BitSet choose(
            Exchange exchange, BitSet fitting, @Nullable String requested, LlmTarget.@Nullable Bound[] bounds) {
        BitSet named = new BitSet();
        BitSet open = new BitSet();
        Refusal broken = null;
        for (int i = fitting.nextSetBit(0); i >= 0; i = fitting.nextSetBit(i + 1)) {
            LlmTarget target = targets.get(i);
            try {
                LlmTarget.Bound bound = target.bind(exchange, requested);
                bounds[i] = bound;
                boolean free =
                        target.operation() == LlmOperation.PRESERVE || target.operation() == LlmOperation.RESPONSES;
                if (requested == null
                        ? bound.model().name() != null || free
                        : bound.answersTo(requested) && !target.isOpen()) {
                    named.set(i);
                } else if (target.isOpen() || target.operation() == LlmOperation.PRESERVE) {
                    open.set(i);
                }
            } catch (Refusal refusal) {
                broken = broken == null ? refusal : broken;
            }
        }
        if (!named.isEmpty()) {
            return named;
        }
        if (requested != null && !open.isEmpty()) {
            return open;
        }
        if (broken != null && (requested == null || noneBound(bounds))) {
            throw broken;
        }
        throw Refusal.badRequest(
                requested == null
                        ? "model parameter not found in request, nor in gateway configuration"
                        : "cannot use own model - must be: " + clientNames(bounds));
    }

    private static boolean noneBound(LlmTarget.@Nullable Bound[] bounds) {
        for (LlmTarget.Bound bound : bounds) {
            if (bound != null) {
                return false;
            }
        }
        return true;
    }

    private static String clientNames(LlmTarget.@Nullable Bound[] bounds) {
        Set<String> names = new LinkedHashSet<>();
        for (LlmTarget.Bound bound : bounds) {
            if (bound != null && !bound.clientName().isEmpty()) {
                names.add(bound.clientName());
            }
        }
        return String.join(", ", names);
    }

    /** Answers a request without sending it; it still counts, under the model that it named. */
    private Response refused(Exchange exchange, Refusal refusal, @Nullable RequestBody body) {
        if (anyStatistics) {
            exchange.add(
                    AiCall.builder("proxy", pluginId, AiCall.UNSPECIFIED, countable(body == null ? null : body.model()))
                            .statistics(true)
                            .mode(body != null && body.stream() ? "stream" : "oneshot")
                            .build());
        }
        return refusal.response();
    }

    /** A model's name as metrics and logs show it. Where none is configured it is the client's, who may write a book. */
    static String bounded(@Nullable String model) {
        if (model == null) {
            return AiCall.UNSPECIFIED;
        }
        return model.length() > MAX_MODEL_LENGTH ? model.substring(0, MAX_MODEL_LENGTH) : model;
    }

    /** A model's name for metrics: whatever clients make up, there are not many. */
    private String countable(@Nullable String model) {
        if (model == null || model.length() > MAX_MODEL_LENGTH) {
            return AiCall.UNSPECIFIED;
        }
        if (ownModels.contains(model) || foreignModels.contains(model)) {
            return model;
        }
        synchronized (foreignModels) {
            if (foreignModels.size() >= MAX_FOREIGN_MODELS) {
                return AiCall.UNSPECIFIED;
            }
            foreignModels.add(model);
            return model;
        }
    }
}
