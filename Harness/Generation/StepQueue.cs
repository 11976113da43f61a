using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation;

/// <summary>
/// The steps of a plan that wait for their turn. A step draws its operands when its turn comes, so it sees
/// what the steps and the random commands before it did.
/// </summary>
internal sealed class StepQueue
{
    private readonly Queue<Func<Command>> steps = new();

    public bool HasNext => steps.Count > 0;

    public Command Next() => steps.Dequeue()();

    public void Add(Func<Command> step) => steps.Enqueue(step);

    /// <summary>A step with operands fixed now.</summary>
    public void Add(Command command) => steps.Enqueue(() => command);
}
