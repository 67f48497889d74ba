package io.gatehouse.api;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a regular expression of a configuration may be, beyond its syntax. RE2J matches in time linear in the text times the
 * size of the compiled expression, and repetitions multiply that size: {@code ((a{100}){100}){100}} would be a million
 * steps for each character, and would not fit into memory. And in a class the signs {@code &&}, {@code --}, {@code ~~} and
 * {@code [} are operators in Rust's syntax, which Kong's expressions are written in, but mere characters in RE2's.
 *
 * <p>What is not your own is compiled through here:
 *
 * <pre>{@code
 * try {
 *     pattern = RegexLimits.compile(expression, com.google.re2j.Pattern::compile);
 * } catch (IllegalArgumentException wrong) {
 *     problems.add("paths", wrong.getMessage());
 * }
 * }</pre>
 */
public final class RegexLimits {
    /** What repetitions may make of an expression; one without any may be longer. */
    private static final long MOST_PARTS = 1000;

    private static final int DEEPEST = 200;

    private static final String RE2J = "error parsing regexp: ";
    private static final String PART = ": `";

    private final String text;
    private int at;
    private @Nullable String foreign;

    private RegexLimits(String text) {
        this.text = text;
    }

    /**
     * Compiles an expression that keeps the limits.
     *
     * @param expression in RE2's syntax
     * @param compiler what compiles it, such as {@code Pattern::compile} of RE2J; asked only when the limits are kept
     * @return what the compiler made
     * @throws IllegalArgumentException when it does not keep the limits or the compiler throws; the message says what is
     *     wrong and what was expected. It has nothing of the expression, which may come from a vault, and no cause, whose
     *     message has
     */
    public static <P> P compile(String expression, Function<? super String, ? extends P> compiler) {
        String problem = problem(expression);
        if (problem != null) {
            throw new IllegalArgumentException(problem);
        }
        try {
            return compiler.apply(expression);
        } catch (RuntimeException malformed) {
            throw new IllegalArgumentException(
                    fault(String.valueOf(malformed.getMessage())) + " (expected: RE2 syntax)");
        }
    }

    /** What RE2J says is wrong, without its words before that and the part of the expression after it. */
    private static String fault(String message) {
        if (!message.startsWith(RE2J)) {
            return "malformed";
        }
        int part = message.indexOf(PART, RE2J.length());
        return message.substring(RE2J.length(), part < 0 ? message.length() : part);
    }

    /**
     * What is wrong with an expression.
     *
     * @param expression in RE2's syntax; whether it is well formed is not looked at
     * @return null when it may be compiled; else what is wrong, and what was expected
     */
    public static @Nullable String problem(String expression) {
        RegexLimits limits = new RegexLimits(expression);
        long parts = limits.alternatives(0);
        if (limits.foreign != null) {
            return limits.foreign;
        }
        return parts > Math.max(MOST_PARTS, expression.length())
                ? "too large: its repetitions make "
                        + (parts >= Integer.MAX_VALUE ? "far too many" : Long.toString(parts))
                        + " parts of it (expected: at most " + MOST_PARTS + ")"
                : null;
    }

    private boolean more() {
        return at < text.length();
    }

    private boolean skip(String next) {
        if (text.startsWith(next, at)) {
            at += next.length();
            return true;
        }
        return false;
    }

    private long alternatives(int depth) {
        long parts = 0;
        while (more() && text.charAt(at) != ')') {
            if (skip("|")) {
                parts++;
                continue;
            }
            long atom = atom(depth);
            while (more()) {
                if (skip("*") || skip("+") || skip("?")) {
                    atom++;
                } else {
                    long times = times();
                    if (times < 0) {
                        break;
                    }
                    atom = bounded(atom * times);
                }
            }
            parts = bounded(parts + atom);
        }
        return parts;
    }

    private static long bounded(long parts) {
        return Math.min(parts, Integer.MAX_VALUE);
    }

    private long atom(int depth) {
        char c = text.charAt(at);
        if (skip("\\Q")) {
            int from = at;
            int end = text.indexOf("\\E", at);
            at = end < 0 ? text.length() : end + 2;
            return Math.max(1, (end < 0 ? text.length() : end) - from);
        }
        if (c == '\\') {
            escape();
            return 1;
        }
        if (c == '[') {
            characterClass();
            return 1;
        }
        at++;
        if (c != '(') {
            return 1;
        }
        if (depth == DEEPEST) {
            at = text.length();
            return Integer.MAX_VALUE;
        }
        if (skip("?")) {
            // the name or the flags of the group; ")" ends one of flags alone
            while (more() && text.charAt(at) != ':' && text.charAt(at) != '>' && text.charAt(at) != ')') {
                at++;
            }
            if (more() && text.charAt(at) != ')') {
                at++;
            }
        }
        long parts = alternatives(depth + 1);
        skip(")");
        return parts + 2;
    }

    /** Over a backslash and what belongs to it. */
    private void escape() {
        at = Math.min(text.length(), at + 2);
        char kind = text.charAt(at - 1);
        if ((kind == 'p' || kind == 'P' || kind == 'x') && more() && text.charAt(at) == '{') {
            int end = text.indexOf('}', at);
            at = end < 0 ? text.length() : end + 1;
        }
    }

    private void characterClass() {
        at++;
        skip("^");
        boolean first = true;
        while (more() && (first || text.charAt(at) != ']')) {
            first = false;
            if (text.charAt(at) == '\\') {
                escape();
            } else if (skip("[:")) {
                int end = text.indexOf(":]", at);
                at = end < 0 ? text.length() : end + 2;
            } else {
                for (String sign : new String[] {"&&", "--", "~~", "["}) {
                    if (text.startsWith(sign, at) && foreign == null) {
                        foreign = "'" + sign + "' in a class of characters is not built (expected: the characters"
                                + " themselves, or \\" + sign.charAt(0) + " for the sign)";
                    }
                }
                at++;
            }
        }
        skip("]");
    }

    /** How many copies a repetition in braces makes; -1 when there is none. */
    private long times() {
        if (!more() || text.charAt(at) != '{') {
            return -1;
        }
        int end = text.indexOf('}', at);
        if (end < 0) {
            return -1;
        }
        String inside = text.substring(at + 1, end);
        int comma = inside.indexOf(',');
        long least = number(comma < 0 ? inside : inside.substring(0, comma));
        long most = comma < 0 ? least : comma == inside.length() - 1 ? least + 1 : number(inside.substring(comma + 1));
        if (least < 0 || most < 0) {
            return -1; // the braces are characters
        }
        at = end + 1;
        return Math.max(1, Math.max(least, most));
    }

    private static long number(String digits) {
        if (digits.isEmpty() || digits.length() > 9) {
            return -1;
        }
        long number = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = digits.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = 10 * number + digit;
        }
        return number;
    }
}
