package io.gatehouse.core.routing;

import com.google.re2j.Pattern;
import io.gatehouse.api.AddressRange;
import io.gatehouse.api.RegexLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads expressions in the language of Kong's router, in one pass and with types checked. {@code ||} binds tighter than
 * {@code &&}, and {@code !} stands before a parenthesis only. For one text and one thread.
 */
public final class ExpressionParser {
    private static final int DEEPEST = 100;
    private static final String OPERATORS = "== != ~ ^= =^ > >= < <= in, not in or contains";

    private final String text;
    private int at;
    private int depth;

    private ExpressionParser(String text) {
        this.text = text;
    }

    /** What is wrong with an expression: the place and what is expected there. Null when nothing is. */
    public static @Nullable String problem(String expression) {
        try {
            parse(expression);
            return null;
        } catch (InvalidExpressionException e) {
            return e.getMessage();
        }
    }

    /**
     * Reads an expression.
     *
     * @throws InvalidExpressionException when it has a wrong form or compares what cannot be compared
     */
    static Expression parse(String expression) {
        ExpressionParser parser = new ExpressionParser(expression);
        Expression read = parser.all();
        if (parser.at < expression.length()) {
            throw parser.wrong(parser.at, "expected && or ||, or the end");
        }
        return read;
    }

    private Expression all() {
        List<Expression> parts = new ArrayList<>();
        parts.add(some());
        while (skip("&&")) {
            parts.add(some());
        }
        return parts.size() == 1 ? parts.get(0) : new Expression.And(parts);
    }

    private Expression some() {
        List<Expression> parts = new ArrayList<>();
        parts.add(term());
        while (skip("||")) {
            parts.add(term());
        }
        return parts.size() == 1 ? parts.get(0) : new Expression.Or(parts);
    }

    private Expression term() {
        blanks();
        int start = at;
        boolean not = skip("!");
        if (!skip("(")) {
            if (not) {
                throw wrong(at, "expected ( after !");
            }
            return predicate();
        }
        if (++depth > DEEPEST) {
            throw wrong(start, "expected parentheses at most " + DEEPEST + " deep");
        }
        Expression inner = all();
        if (!skip(")")) {
            throw wrong(at, "expected && or ||, or )");
        }
        depth--;
        return not ? new Expression.Not(inner) : inner;
    }

    private Expression predicate() {
        int start = at;
        boolean lower = false;
        boolean any = false;
        int open = 0;
        String name = word();
        while (!name.isEmpty() && skip("(")) {
            if (name.equals("lower")) {
                lower = true;
            } else if (name.equals("any")) {
                any = true;
            } else {
                throw wrong(start, "expected lower( or any(");
            }
            open++;
            blanks();
            start = at;
            name = word();
        }
        if (name.isEmpty()) {
            throw wrong(start, "expected a field, lower(, any(, ( or !(");
        }
        ExpressionField field = ExpressionField.of(name);
        if (field == null) {
            throw wrong(
                    start,
                    name.startsWith(ExpressionField.SEGMENTS)
                            ? "illformed http.path.segments.* field (expected: .N, .N_M with N < M, or .len)"
                            : "unknown field (expected: " + ExpressionField.NAMES + ")");
        }
        for (; open > 0; open--) {
            if (!skip(")")) {
                throw wrong(at, "expected )");
            }
        }
        if (lower && !(field instanceof ExpressionField.OfText)) {
            throw wrong(start, "expected a field with text inside of lower()");
        }
        blanks();
        int operatorAt = at;
        String operator = operator();
        blanks();
        if (field instanceof ExpressionField.OfText one) {
            return textPredicate(one, lower, any, operator, operatorAt);
        }
        return field instanceof ExpressionField.OfNumber number
                ? numberPredicate(number, operator, operatorAt)
                : addressPredicate((ExpressionField.OfAddress) field, operator, operatorAt);
    }

    private Expression textPredicate(
            ExpressionField.OfText field, boolean lower, boolean any, String operator, int operatorAt) {
        Expression.TextOperator how = switch (operator) {
            case "==" -> Expression.TextOperator.EQUALS;
            case "!=" -> Expression.TextOperator.DIFFERS;
            case "~" -> Expression.TextOperator.MATCHES;
            case "^=" -> Expression.TextOperator.STARTS;
            case "=^" -> Expression.TextOperator.ENDS;
            case "contains" -> Expression.TextOperator.CONTAINS;
            default -> throw wrong(operatorAt, "expected ==, !=, ~, ^=, =^ or contains, since the field is a text");
        };
        int valueAt = at;
        String value = quoted();
        boolean caseless = field == ExpressionField.SERVER_NAME;
        Pattern pattern = null;
        if (how == Expression.TextOperator.MATCHES) {
            try {
                pattern = RegexLimits.compile(
                        value, text -> Pattern.compile(text, caseless ? Pattern.CASE_INSENSITIVE : 0));
            } catch (IllegalArgumentException e) {
                throw wrong(valueAt, "invalid regex: " + e.getMessage());
            }
        }
        String compared = caseless ? value.toLowerCase(Locale.ROOT) : value;
        return new Expression.TextPredicate(field, lower, any, how, compared, pattern);
    }

    private Expression numberPredicate(ExpressionField.OfNumber field, String operator, int operatorAt) {
        Expression.NumberOperator how = switch (operator) {
            case "==" -> Expression.NumberOperator.EQUALS;
            case "!=" -> Expression.NumberOperator.DIFFERS;
            case ">" -> Expression.NumberOperator.ABOVE;
            case ">=" -> Expression.NumberOperator.AT_LEAST;
            case "<" -> Expression.NumberOperator.BELOW;
            case "<=" -> Expression.NumberOperator.AT_MOST;
            default -> throw wrong(operatorAt, "expected ==, !=, >, >=, < or <=, since the field is a number");
        };
        return new Expression.NumberPredicate(field, how, number());
    }

    private Expression addressPredicate(ExpressionField.OfAddress field, String operator, int operatorAt) {
        boolean range = switch (operator) {
            case "==", "!=" -> false;
            case "in", "not in" -> true;
            default -> throw wrong(operatorAt, "expected ==, !=, in or not in, since the field is an address");
        };
        int valueAt = at;
        String value = run();
        AddressRange read = AddressRange.of(value);
        if (read == null || range != value.indexOf('/') >= 0) {
            throw wrong(
                    valueAt,
                    range
                            ? "expected a range of addresses as 10.0.0.0/8 or fd00::/64"
                            : "expected an address as 10.0.0.1 or fd00::1");
        }
        if (read.hasFurtherBits()) {
            throw wrong(valueAt, "expected a range without bits set after its prefix");
        }
        return new Expression.AddressPredicate(field, operator.equals("==") || operator.equals("in"), read);
    }

    private String operator() {
        for (String sign : List.of("==", "!=", "~", "^=", "=^", ">=", ">", "<=", "<")) {
            if (text.startsWith(sign, at)) {
                at += sign.length();
                return sign;
            }
        }
        int start = at;
        String word = word();
        if (word.equals("not")) {
            blanks();
            if (word().equals("in")) {
                return "not in";
            }
        } else if (word.equals("in") || word.equals("contains")) {
            return word;
        }
        throw wrong(start, "expected an operator (" + OPERATORS + ")");
    }

    /** A text in quotes, or a raw one. */
    private String quoted() {
        int start = at;
        if (text.startsWith("r#\"", at)) {
            int end = text.indexOf("\"#", at + 3);
            if (end < 0) {
                throw wrong(start, "expected a \"# that ends this text");
            }
            at = end + 2;
            return text.substring(start + 3, end);
        }
        if (at == text.length() || text.charAt(at) != '"') {
            throw wrong(start, "expected a text in quotes, or r#\"...\"#");
        }
        StringBuilder value = new StringBuilder();
        for (at++; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '"') {
                at++;
                return value.toString();
            }
            value.append(c == '\\' ? escaped() : c);
        }
        throw wrong(start, "expected a \" that ends this text");
    }

    private char escaped() {
        char c = at + 1 < text.length() ? text.charAt(at + 1) : ' ';
        char value = switch (c) {
            case '"', '\\' -> c;
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            default -> throw wrong(at, "expected one of \\\" \\\\ \\n \\r \\t (r#\"...\"# needs no escapes)");
        };
        at++;
        return value;
    }

    private long number() {
        int start = at;
        boolean negative = at < text.length() && text.charAt(at) == '-';
        if (negative) {
            at++;
        }
        String digits = run();
        boolean octal = digits.length() > 1 && digits.chars().allMatch(c -> c >= '0' && c <= '7');
        try {
            if (digits.startsWith("+") || digits.startsWith("-")) {
                throw new NumberFormatException();
            }
            long value = digits.startsWith("0x")
                    ? Long.parseUnsignedLong(digits.substring(2), 16)
                    : Long.parseLong(digits, octal && digits.startsWith("0") ? 8 : 10);
            if (value < 0) {
                throw new NumberFormatException();
            }
            return negative ? -value : value;
        } catch (NumberFormatException e) {
            throw wrong(start, "expected a whole number below 2^63 as 80, 0x50 or 0120");
        }
    }

    /** What numbers and addresses consist of. */
    private String run() {
        int start = at;
        while (at < text.length()
                && (isLetter(text.charAt(at)) || ":./".indexOf(text.charAt(at)) >= 0 || isDigit(text.charAt(at)))) {
            at++;
        }
        return text.substring(start, at);
    }

    private String word() {
        int start = at;
        if (at < text.length() && isLetter(text.charAt(at))) {
            while (at < text.length()
                    && (isLetter(text.charAt(at))
                            || isDigit(text.charAt(at))
                            || text.charAt(at) == '_'
                            || text.charAt(at) == '.')) {
                at++;
            }
        }
        return text.substring(start, at);
    }

    private static boolean isLetter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private boolean skip(String sign) {
        blanks();
        boolean there = text.startsWith(sign, at);
        if (there) {
            at += sign.length();
        }
        return there;
    }

    private void blanks() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private InvalidExpressionException wrong(int place, String expected) {
        int line = 1;
        int begin = 0;
        for (int i = text.indexOf('\n'); i >= 0 && i < place; i = text.indexOf('\n', i + 1)) {
            line++;
            begin = i + 1;
        }
        String where = (line > 1 ? "line " + line + ", " : "") + "column " + (place - begin + 1);
        return new InvalidExpressionException(where + ": " + expected);
    }
}
