package io.gatehouse.core.routing;

import org.jspecify.annotations.Nullable;

/**
 * The route that a request belongs to. Immutable; for routes without regular expressions the same instance is handed
 * out for every request.
 *
 * @param rule the matched rule, as it was given to the table
 * @param matchedPath the part of the normalised path that the route's path matched: a prefix, or the whole match of a
 *     regular expression; null when the route has no paths
 * @param captures the groups of the regular expression; null when there is none or it has no groups
 * @param <T> the payload's type
 */
public record RouteMatch<T>(
        RouteRule<T> rule,
        @Nullable String matchedPath,
        @Nullable UriCaptures captures) {

    /** What the matched rule carries. */
    public T payload() {
        return rule.payload();
    }

    /**
     * The {@code X-Forwarded-Prefix} that tells the upstream what was cut from the path, escaped for a header; null when
     * nothing is stripped or only {@code /} is.
     */
    public @Nullable String forwardedPrefix() {
        String prefix = matchedPath;
        if (!rule.stripPath() || prefix == null || prefix.isEmpty() || prefix.equals("/")) {
            return null;
        }
        return UpstreamPath.escape(prefix);
    }

    /**
     * Whether what is stripped ends in the middle of a segment, so that the upstream's path has one that the request's has
     * not ({@code /route..;/x} becomes {@code ..;/x}).
     *
     * @param requestPath the normalised path that was matched
     */
    public boolean cutsSegment(String requestPath) {
        String cut = matchedPath;
        return rule.stripPath()
                && cut != null
                && !cut.isEmpty()
                && cut.length() < requestPath.length()
                && cut.charAt(cut.length() - 1) != '/'
                && requestPath.charAt(cut.length()) != '/';
    }

    /**
     * The escaped path for the upstream, without a query: {@link UpstreamPath#of} followed by {@link UpstreamPath#escape}.
     *
     * @param servicePath the service's path, null for none
     * @param requestPath the normalised path that was matched
     */
    public String upstreamPath(@Nullable String servicePath, String requestPath) {
        return UpstreamPath.escape(
                UpstreamPath.of(servicePath, matchedPath, requestPath, rule.stripPath(), PathHandling.V0));
    }
}
