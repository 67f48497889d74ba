package io.gatehouse.core.service;

/** The kinds of families, by the word that their TYPE line shows. */
enum MetricType {
    COUNTER("counter"),
    GAUGE("gauge"),
    HISTOGRAM("histogram");

    final String word;

    MetricType(String word) {
        this.word = word;
    }
}
