package io.gatehouse.plugins.traffic.validator;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;

/**
 * Patterns of Lua, as Kong's schemas have them, written as regular expressions that are matched in time linear in the text.
 * What those cannot say ({@code %b()}, {@code %f[set]}, and {@code %1} for what was captured) is refused.
 */
final class LuaPattern {
    private final String lua;
    private final StringBuilder regex = new StringBuilder();
    private int at;

    private LuaPattern(String lua) {
        this.lua = lua;
    }

    /**
     * Compiles a pattern. It is to be found anywhere in a text, unless it begins with {@code ^}.
     *
     * @throws IllegalArgumentException when it is malformed or cannot be matched here; the message says why
     */
    static Pattern compile(String lua) {
        String regex = new LuaPattern(lua).translate();
        try {
            return Pattern.compile(regex, Pattern.DOTALL);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException("malformed Lua pattern '" + lua + "': " + e.getDescription(), e);
        }
    }

    private String translate() {
        if (lua.startsWith("^")) {
            regex.append("\\A");
            at = 1;
        }
        while (at < lua.length()) {
            char c = lua.charAt(at);
            if (c == '(' || c == ')') {
                regex.append(c);
                at++;
            } else if (c == '$' && at == lua.length() - 1) {
                regex.append("\\z");
                at++;
            } else {
                single(c);
                repetition();
            }
        }
        return regex.toString();
    }

    /** One character class. */
    private void single(char c) {
        at++;
        switch (c) {
            case '.' -> regex.append('.');
            case '[' -> set();
            case '%' -> {
                regex.append('[');
                escape(true);
                regex.append(']');
            }
            default -> regex.append(Pattern.quote(String.valueOf(c)));
        }
    }

    private void repetition() {
        if (at == lua.length()) {
            return;
        }
        switch (lua.charAt(at)) {
            case '*', '+', '?' -> regex.append(lua.charAt(at++));
            case '-' -> {
                at++;
                regex.append("*?");
            }
            default -> {}
        }
    }

    private void set() {
        regex.append('[');
        if (at < lua.length() && lua.charAt(at) == '^') {
            regex.append('^');
            at++;
        }
        boolean first = true;
        while (true) {
            if (at == lua.length()) {
                throw malformed("missing ']'");
            }
            char c = lua.charAt(at);
            if (c == ']' && !first) {
                at++;
                break;
            }
            first = false;
            at++;
            if (c == '%') {
                escape(false);
            } else if (at + 1 < lua.length() && lua.charAt(at) == '-' && lua.charAt(at + 1) != ']') {
                range(c, lua.charAt(at + 1));
                at += 2;
            } else {
                literal(c);
            }
        }
        regex.append(']');
    }

    private void range(char from, char to) {
        if (from > to) {
            throw malformed("range '" + from + "-" + to + "' is empty");
        }
        literal(from);
        regex.append('-');
        literal(to);
    }

    /** What follows a percent sign, for between brackets. */
    private void escape(boolean alone) {
        if (at == lua.length()) {
            throw malformed("ends with '%'");
        }
        char c = lua.charAt(at++);
        if (alone && (c == 'b' || c == 'f' || c >= '0' && c <= '9')) {
            throw new IllegalArgumentException("Lua pattern '" + lua + "': %" + c + " is not supported (supported:"
                    + " character classes, sets, repetitions, captures and anchors)");
        }
        String name = switch (Character.toLowerCase(c)) {
            case 'a' -> "alpha";
            case 'c' -> "cntrl";
            case 'd' -> "digit";
            case 'g' -> "graph";
            case 'l' -> "lower";
            case 'p' -> "punct";
            case 's' -> "space";
            case 'u' -> "upper";
            case 'w' -> "alnum";
            case 'x' -> "xdigit";
            default -> "";
        };
        if (name.isEmpty()) {
            literal(c);
        } else {
            regex.append(Character.isUpperCase(c) ? "[:^" : "[:").append(name).append(":]");
        }
    }

    private void literal(char c) {
        if (c < 128 && !Character.isLetterOrDigit(c)) {
            regex.append("\\x{").append(Integer.toHexString(c)).append('}');
        } else {
            regex.append(c);
        }
    }

    private IllegalArgumentException malformed(String why) {
        return new IllegalArgumentException("malformed Lua pattern '" + lua + "': " + why);
    }
}
