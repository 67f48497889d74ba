package io.gatehouse.core.config;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * decK's <code>${{ env "DECK_X" | toInt }}</code>, evaluated on the text before it is YAML, as decK does: nothing
 * is quoted for the user, and a line that begins with {@code #} is left alone.
 */
final class DeckTemplate {
    private static final String OPEN = "${{";
    private static final String CLOSE = "}}";
    private static final String PREFIX = "DECK_";
    /** More of them are not told: each is looked up in the whole text. */
    private static final int MOST_FAULTS = 100;
    /** Fits wherever a value fits, so that one missing variable is one problem. */
    private static final String STAND_IN = "unresolved";

    private static final Set<String> TRUE = Set.of("1", "t", "T", "TRUE", "true", "True");
    private static final Set<String> FALSE = Set.of("0", "f", "F", "FALSE", "false", "False");

    private final String expression;
    private final Environment environment;
    private String variable = "";
    private int at;

    private DeckTemplate(String expression, Environment environment) {
        this.expression = expression;
        this.environment = environment;
    }

    private static final class Fault extends Exception {
        private static final long serialVersionUID = 1;

        Fault(String message) {
            super(message, null, false, false);
        }
    }

    static SourceText render(String file, String text, Environment environment, Consumer<Problem> sink) {
        int open = text.indexOf(OPEN);
        if (open < 0) {
            return new SourceText(file, text, text, List.of());
        }
        StringBuilder rendered = new StringBuilder(text.length());
        List<SourceText.Piece> pieces = new ArrayList<>();
        int copied = 0;
        int line = 0;
        int end = text.indexOf('\n');
        int faults = 0;
        while (open >= 0 && faults < MOST_FAULTS) {
            while (end >= 0 && end < open) {
                line = end + 1;
                end = text.indexOf('\n', line);
            }
            if (inComment(text, line, open)) {
                open = text.indexOf(OPEN, open + OPEN.length());
                continue;
            }
            int close = closing(text, open + OPEN.length());
            if (close < 0) {
                sink.accept(Problem.error(
                        SourceText.place(file, text, open), "", "'${{' without '}}' on the same line", null));
                open = text.indexOf(OPEN, open + OPEN.length());
                faults++;
                continue;
            }
            rendered.append(text, copied, open);
            String value;
            boolean failed = false;
            try {
                value = new DeckTemplate(text.substring(open + OPEN.length(), close), environment).evaluate();
            } catch (Fault fault) {
                String message = fault.getMessage() == null ? "" : fault.getMessage();
                sink.accept(Problem.error(SourceText.place(file, text, open), "", message, null));
                value = STAND_IN;
                failed = true;
                faults++;
            }
            int start = rendered.length();
            rendered.append(value);
            copied = close + CLOSE.length();
            pieces.add(new SourceText.Piece(start, rendered.length(), open, copied, failed));
            open = text.indexOf(OPEN, copied);
        }
        rendered.append(text, copied, text.length());
        return new SourceText(file, text, rendered.toString(), pieces);
    }

    private static boolean inComment(String text, int line, int offset) {
        int start = line;
        while (start < offset && (text.charAt(start) == ' ' || text.charAt(start) == '\t')) {
            start++;
        }
        return text.charAt(start) == '#';
    }

    private static int closing(String text, int from) {
        boolean quoted = false;
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n') {
                return -1;
            }
            if (c == '"') {
                quoted = !quoted;
            } else if (!quoted && text.startsWith(CLOSE, i)) {
                return i;
            }
        }
        return -1;
    }

    private String evaluate() throws Fault {
        String value = pipeline();
        skipSpace();
        if (at < expression.length()) {
            throw new Fault("unexpected '" + expression.charAt(at) + "' in '${{ }}'");
        }
        return value;
    }

    private String pipeline() throws Fault {
        String value = call(null);
        skipSpace();
        while (at < expression.length() && expression.charAt(at) == '|') {
            at++;
            value = call(value);
            skipSpace();
        }
        return value;
    }

    private String call(@Nullable String piped) throws Fault {
        skipSpace();
        int start = at;
        while (at < expression.length() && Character.isLetterOrDigit(expression.charAt(at))) {
            at++;
        }
        String function = expression.substring(start, at);
        List<String> arguments = new ArrayList<>();
        for (String argument = argument(); argument != null; argument = argument()) {
            arguments.add(argument);
        }
        if (piped != null) {
            arguments.add(piped);
        }
        int expected = function.equals("indent") ? 2 : 1;
        return switch (function) {
            case "env", "toBool", "toInt", "toFloat", "indent" -> {
                if (arguments.size() != expected) {
                    throw new Fault("wrong number of arguments for " + function + " (got " + arguments.size()
                            + ", expected " + expected + ")");
                }
                yield apply(function, arguments);
            }
            case "" -> throw new Fault("'${{ }}' without a function (expected: env \"DECK_NAME\")");
            default -> {
                String hint = Nearest.hint(function, List.of("env", "toBool", "toInt", "toFloat", "indent"));
                throw new Fault("function '" + function + "' not defined"
                        + (hint == null ? " (expected: env, toBool, toInt, toFloat, indent)" : "; " + hint));
            }
        };
    }

    private @Nullable String argument() throws Fault {
        skipSpace();
        if (at == expression.length()) {
            return null;
        }
        char c = expression.charAt(at);
        if (c == '"' || c == '`') {
            int end = expression.indexOf(c, at + 1);
            if (end < 0) {
                throw new Fault("string without end in '${{ }}'");
            }
            String text = expression.substring(at + 1, end);
            at = end + 1;
            return text;
        }
        if (c == '(') {
            at++;
            String value = pipeline();
            skipSpace();
            if (at == expression.length() || expression.charAt(at) != ')') {
                throw new Fault("'(' without ')' in '${{ }}'");
            }
            at++;
            return value;
        }
        int start = at;
        while (at < expression.length() && Character.isDigit(expression.charAt(at))) {
            at++;
        }
        return start == at ? null : expression.substring(start, at);
    }

    private String apply(String function, List<String> arguments) throws Fault {
        String value = arguments.get(arguments.size() - 1);
        switch (function) {
            case "env" -> {
                // a name that a variable holds may be a secret by mistake
                String shown = variable.isEmpty() ? "'" + value + "'" : "what '" + variable + "' holds";
                if (!value.startsWith(PREFIX)) {
                    throw new Fault(
                            "environment variables in the state file must be prefixed with 'DECK_', found: " + shown);
                }
                String found = environment.get(value);
                if (found == null) {
                    throw new Fault("environment variable " + shown + " present in state file but not set");
                }
                variable = variable.isEmpty() ? value : variable;
                return found;
            }
            case "toBool" -> {
                if (TRUE.contains(value)) {
                    return "true";
                }
                if (FALSE.contains(value)) {
                    return "false";
                }
                throw new Fault("toBool: environment variable '" + variable + "' is not a boolean");
            }
            case "toInt" -> {
                try {
                    return Long.toString(Long.parseLong(value));
                } catch (NumberFormatException notANumber) {
                    throw new Fault("toInt: environment variable '" + variable + "' is not an integer");
                }
            }
            case "toFloat" -> {
                Double number = Scalars.parseDouble(value);
                if (number == null) {
                    throw new Fault("toFloat: environment variable '" + variable + "' is not a number");
                }
                return new BigDecimal(number.toString()).stripTrailingZeros().toPlainString();
            }
            default -> {
                int width;
                try {
                    width = Integer.parseInt(arguments.get(0));
                } catch (NumberFormatException notANumber) {
                    width = -1;
                }
                if (width < 0 || width > 1000) {
                    throw new Fault("indent: expected a number of spaces between 0 and 1000");
                }
                return value.replace("\n", "\n" + " ".repeat(width));
            }
        }
    }

    private void skipSpace() {
        while (at < expression.length() && Character.isWhitespace(expression.charAt(at))) {
            at++;
        }
    }
}
