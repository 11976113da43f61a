using System.Reflection;

namespace Conformance.Adapters.Tests.Verification;

/// <summary>
/// The base class as a test author would use it, with a snapshot that is kept with the sources.
/// </summary>
public sealed class HookTests : VerifyBase
{
    public HookTests()
        : base(settings: null)
    {
    }

    [Fact]
    public Task A_kept_snapshot_is_found_beside_the_test() =>
        Verify(new { Kept = true, Where = "beside the test" });

    [Fact]
    public void The_running_test_is_known() =>
        Assert.Equal(nameof(The_running_test_is_known), UseVerifyAttribute.CurrentMethod.Name);

    [Fact]
    public void Without_a_running_test_there_is_an_error()
    {
        var hook = new UseVerifyAttribute();
        var method = (MethodInfo)MethodBase.GetCurrentMethod()!;
        hook.After(method);
        Assert.Throws<VerifyException>(() => { _ = Verifier.Verify("x"); });
        hook.Before(method);
    }

    [Fact]
    public void A_source_path_hidden_by_the_compiler_is_an_error() =>
        Assert.Throws<VerifyException>(() => { _ = Verifier.Verify("x", settings: null, "/_/Tests.cs"); });
}
