package io.gatehouse.core.routing;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.gatehouse.api.RegexLimits;
import org.jspecify.annotations.Nullable;

/** A path of a route that is a regular expression: matched at the path's start, in time linear in its length. */
final class RegexPath {
    private final Pattern pattern;
    private final String literal;

    RegexPath(String configured, String route) {
        String expression = configured.substring(1);
        pattern = compile(expression, 0, route, "paths");
        literal = literalPrefix(expression);
    }

    static Pattern compile(String expression, int flags, String route, String field) {
        try {
            return RegexLimits.compile(expression, text -> Pattern.compile(text, flags));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "route " + route + ": " + field + ": " + expression + " is no valid regular expression: "
                            + e.getMessage(),
                    e);
        }
    }

    /** A text with which every match starts; where the path tree keeps the expression. */
    String literal() {
        return literal;
    }

    /** The expression. */
    String text() {
        return pattern.pattern();
    }

    /**
     * Whether it surely matches every path that starts like this. Expressions that look at what follows a match may
     * not, and are not thought through.
     */
    boolean matchesAllThatStartWith(String start) {
        String text = text();
        boolean looksOn = text.indexOf('$') >= 0
                || text.contains("\\b")
                || text.contains("\\B")
                || text.contains("\\z")
                || text.contains("\\Z");
        return !looksOn && match(start) != null;
    }

    @Nullable
    Matcher match(String path) {
        Matcher matcher = pattern.matcher(path);
        return matcher.lookingAt() ? matcher : null;
    }

    @Nullable
    UriCaptures captures(Matcher matcher) {
        return matcher.groupCount() == 0 ? null : UriCaptures.of(matcher, pattern.namedGroups());
    }

    /**
     * The literal text before the first special character. Empty when the expression has alternatives anywhere: one at
     * the top level would start with something else.
     */
    static String literalPrefix(String expression) {
        if (expression.indexOf('|') >= 0) {
            return "";
        }
        StringBuilder prefix = new StringBuilder();
        int at = 0;
        while (at < expression.length()) {
            char c = expression.charAt(at);
            boolean escaped = c == '\\';
            if (escaped) {
                if (at + 1 == expression.length() || !isPunctuation(expression.charAt(at + 1))) {
                    break;
                }
                c = expression.charAt(at + 1);
            }
            int next = at + (escaped ? 2 : 1);
            boolean quantified = next < expression.length() && "?*{".indexOf(expression.charAt(next)) >= 0;
            boolean special = !escaped && ".+*?()[]{}^$".indexOf(c) >= 0;
            if (quantified || special || Character.isSurrogate(c)) {
                break;
            }
            prefix.append(c);
            at = next;
        }
        return prefix.toString();
    }

    private static boolean isPunctuation(char c) {
        return c > ' ' && c < 127 && !Character.isLetterOrDigit(c);
    }
}
