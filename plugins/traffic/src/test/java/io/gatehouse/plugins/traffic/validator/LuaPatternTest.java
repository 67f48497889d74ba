package io.gatehouse.plugins.traffic.validator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LuaPatternTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "^%d+$|42|true",
                "^%d+$|4x2|false",
                "%d|a1b|true",
                "^%a%w*$|x9|true",
                "^%a%w*$|9x|false",
                "^%A+$|42-|true",
                "^[%w_%-]+$|a-b_c|true",
                "^[%w_%-]+$|a b|false",
                "^[^%s]+$|a b|false",
                "^[a-c]+$|abc|true",
                "^[]]$|]|true",
                "^[a-]$|-|true",
                "^a.-b$|axxb|true",
                "^(%u)(%l*)$|Hello|true",
                "^%.$|.|true",
                "^%.$|x|false",
                "a*b|b|true",
                "^a?$|aa|false",
                "$x|$x|true",
                "(*)|*|true",
                "^%x%X$|fg|true",
                "^é+$|éé|true",
            })
    void matchesAsLuaDoes(String lua, String text, boolean matches) {
        assertThat(LuaPattern.compile(lua).matcher(text).find()).isEqualTo(matches);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "%b()|%b is not supported",
                "%f[%w]x|%f is not supported",
                "(a)%1|%1 is not supported",
                "[a|missing ']'",
                "%|ends with '%'",
                "(a|missing closing )",
                "[z-a]|range 'z-a' is empty"
            })
    void refusesWhatCannotBeMatched(String lua, String why) {
        assertThatThrownBy(() -> LuaPattern.compile(lua))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(lua)
                .hasMessageContaining(why);
    }
}
