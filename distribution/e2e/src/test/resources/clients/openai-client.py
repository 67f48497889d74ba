"""Talks to the gateway through the OpenAI SDK; prints one JSON object. Arguments: what to do, base URL."""

import json
import sys

from openai import OpenAI

what, base_url = sys.argv[1:]
client = OpenAI(base_url=base_url, api_key="the client's own", max_retries=0, timeout=30)
question = [{"role": "user", "content": "Why is the sky blue?"}]


def chat():
    raw = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=question)
    answer = raw.parse()
    return {
        "content": answer.choices[0].message.content,
        "finish": answer.choices[0].finish_reason,
        "model": answer.model,
        "usage": [answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens],
        "llm_model": raw.headers.get("X-Kong-LLM-Model"),
    }


def stream():
    chunks, content, usage, finish = 0, "", None, None
    options = {"include_usage": True}
    with client.chat.completions.create(
        model="gpt-4o", messages=question, stream=True, stream_options=options
    ) as answer:
        for chunk in answer:
            chunks += 1
            for choice in chunk.choices:
                content += choice.delta.content or ""
                finish = choice.finish_reason or finish
            if chunk.usage:
                usage = [chunk.usage.prompt_tokens, chunk.usage.completion_tokens, chunk.usage.total_tokens]
    return {"content": content, "finish": finish, "usage": usage, "several": chunks > 3}


def tools():
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tool = {"type": "function", "function": {"name": "weather", "parameters": parameters}}
    messages = [{"role": "user", "content": "What is the weather in Paris?"}]
    first = client.chat.completions.create(
        model="gpt-4o", messages=messages, tools=[tool], tool_choice="required"
    ).choices[0]
    call = first.message.tool_calls[0]
    arguments = json.loads(call.function.arguments)
    messages += [first.message, {"role": "tool", "tool_call_id": call.id, "content": "Sunny"}]
    second = client.chat.completions.create(model="gpt-4o", messages=messages, tools=[tool]).choices[0]

    streamed = {"name": "", "arguments": "", "finish": None}
    for chunk in client.chat.completions.create(
        model="gpt-4o", messages=messages[:1], tools=[tool], tool_choice="required", stream=True
    ):
        for choice in chunk.choices:
            for delta in choice.delta.tool_calls or []:
                streamed["name"] += delta.function.name or ""
                streamed["arguments"] += delta.function.arguments or ""
            streamed["finish"] = choice.finish_reason or streamed["finish"]
    return {
        "name": call.function.name,
        "arguments": sorted(arguments),
        "finish": first.finish_reason,
        "after": second.finish_reason,
        "streamed_name": streamed["name"],
        "streamed_arguments": json.loads(streamed["arguments"]) == arguments,
        "streamed_finish": streamed["finish"],
    }


def responses():
    answer = client.responses.create(model="gpt-4o", input="Why is the sky blue?")
    again = client.responses.retrieve(answer.id)
    deltas, completed = "", None
    for event in client.responses.create(model="gpt-4o", input="Why is the sky blue?", stream=True):
        if event.type == "response.output_text.delta":
            deltas += event.delta
        if event.type == "response.completed":
            completed = event.response
    return {
        "content": answer.output_text,
        "status": answer.status,
        "usage": [answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.total_tokens],
        "again": again.output_text,
        "streamed": deltas,
        "completed": completed.output_text,
        "streamed_usage": completed.usage.total_tokens,
    }


print(json.dumps({"chat": chat, "stream": stream, "tools": tools, "responses": responses}[what]()))
