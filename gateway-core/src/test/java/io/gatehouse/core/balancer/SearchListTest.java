package io.gatehouse.core.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SearchListTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                // lines, host, the names that are asked for
                "-                                                | a       | a",
                "nameserver 10.0.0.1;options ndots:3              | a.b     | a.b",
                "search one.example two.example                   | a       | a.one.example a.two.example a",
                "search one.example two.example                   | a.b     | a.b a.b.one.example a.b.two.example",
                "search one.example two.example                   | a.      | a",
                "search One.Example.                              | A       | A.one.example A",
                "domain one.example other                         | a       | a.one.example a",
                "domain one.example;search two.example            | a       | a.two.example a",
                "search two.example;domain one.example            | a       | a.one.example a",
                "search a b c d e f g h                           | x       | x.a x.b x.c x.d x.e x.f x",
                "search one.example;options ndots:2               | a.b     | a.b.one.example a.b",
                "search one.example;options ndots:2               | a.b.c   | a.b.c a.b.c.one.example",
                "search one.example;options timeout:1 ndots:0 x   | a       | a a.one.example",
                "search one.example;options ndots:x ndots: ndots  | a       | a.one.example a",
                "search one.example;options ndots:-9 ndots:99999  | a       | a a.one.example",
                "search .                                         | a       | a",
                "search                                           | a       | a",
                "# search no.example;  search one.example # two   | a       | a.one.example a",
                "searching one.example                            | a       | a",
            })
    void namesWhatToAskFor(String lines, String host, String names) {
        SearchList list = SearchList.of(lines == null ? List.of() : List.of(lines.split(";", -1)));
        assertThat(String.join(" ", list.names(host))).isEqualTo(names);
    }

    @Test
    void isEmptyWithoutAFile() {
        assertThat(SearchList.of(Path.of("/none/resolv.conf"))).isEqualTo(SearchList.NONE);
        assertThat(SearchList.of(Path.of("/"))).isEqualTo(SearchList.NONE);
    }
}
