package io.gatehouse.plugins.traffic.bot;

import com.google.re2j.Pattern;
import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.WireText;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Kong's bot-detection. Verdicts are kept, since clients say the same of themselves in every request. */
final class BotDetection implements Plugin {
    /** How many verdicts are kept; when there are more, all are forgotten. */
    static final int MAX_VERDICTS = 10_000;

    /** A longer user agent is looked at each time, so that verdicts need little memory. */
    private static final int MAX_KEPT_LENGTH = 512;

    private final Pattern[] allow;
    private final Pattern[] deny;
    private final ConcurrentMap<String, Boolean> verdicts = new ConcurrentHashMap<>();

    BotDetection(BotDetectionConfig config) {
        this.allow = compiled(config.allow());
        this.deny = compiled(config.deny());
    }

    private static Pattern[] compiled(List<String> expressions) {
        return expressions.stream().map(Pattern::compile).toArray(Pattern[]::new);
    }

    @Override
    public Future<Response> intercept(Request request, Next next) {
        List<String> agents = request.exchange().original().headers().getAll(HttpHeaders.USER_AGENT);
        if (agents.isEmpty()) {
            return next.proceed(request);
        }
        if (agents.size() > 1) {
            return Response.done(Response.error(400, "Only one User-Agent header allowed"));
        }
        return isRefused(WireText.decode(agents.get(0).strip()))
                ? Response.done(Response.error(403, "Forbidden"))
                : next.proceed(request);
    }

    private boolean isRefused(String agent) {
        Boolean known = verdicts.get(agent);
        if (known != null) {
            return known;
        }
        boolean refused = !finds(allow, agent) && (finds(deny, agent) || KnownBots.contains(agent));
        if (agent.length() <= MAX_KEPT_LENGTH) {
            if (verdicts.size() >= MAX_VERDICTS) {
                verdicts.clear();
            }
            verdicts.put(agent, refused);
        }
        return refused;
    }

    private static boolean finds(Pattern[] patterns, String agent) {
        for (Pattern pattern : patterns) {
            if (pattern.matcher(agent).find()) {
                return true;
            }
        }
        return false;
    }
}
