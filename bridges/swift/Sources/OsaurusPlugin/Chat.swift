// Messages and completions in few words. The payloads themselves are generated: see Generated/Payloads.swift.

extension ChatMessage {
    /// What the model should be and do.
    public static func system(_ text: String) -> Self { Self(role: "system", content: .first(text)) }

    /// What the user says.
    public static func user(_ text: String) -> Self { Self(role: "user", content: .first(text)) }

    /// What the model said before.
    public static func assistant(_ text: String) -> Self { Self(role: "assistant", content: .first(text)) }

    /// The content, if it is plain text.
    public var text: String? { if case .first(let text)? = content { text } else { nil } }
}

extension CompletionResponse {
    /// What the model says, in its first answer.
    public var text: String? { choices.first?.message.text }
}
