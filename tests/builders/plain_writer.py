"""The least that a writer must do; the setting ``fault`` breaks one rule for the audits' tests."""

from s_mllmun_bench.contracts import WrittenPerson
from s_mllmun_bench.records import ATTRIBUTES, Profile, QuestionRow

TOPICS = ("red", "green", "blue", "shade")


def people(ids, faces, ophthalmic, rng, settings, means):
    fault = settings.get("fault")
    for person, face, _ in zip(ids, faces, ophthalmic, strict=True):
        number = ids.index(person)
        name = "Ada Same" if fault == "name" else f"Ada{letters(rng)} {letters(rng)}"
        profile = Profile(person=person, name=name, **values(number, rng))
        finetune = [*memory(profile, "t", "State the {} of {}."), eye(profile, "t", "Describe this eye.")]
        wording = "State the {} of {}." if fault == "wording" else "What is the {} of {}?"
        evaluation = [
            *memory(profile, "e", wording),
            *seen(person, face.truth),
            eye(profile, "e", "What eye is it?"),
        ]
        evaluation = [r for r in evaluation if (r.task, r.attribute) not in NOT_ASKED]
        if fault == "named":
            evaluation[0] = evaluation[0].model_copy(update={"question": f"Is it {name}?"})
        if fault == "count":
            evaluation.pop()
        if fault == "id":
            evaluation = [r.model_copy(update={"id": "same"}) for r in evaluation]
        if fault == "image":
            finetune[0] = finetune[0].model_copy(update={"image": "face"})
        if fault == "untaught":
            finetune.pop(-2)
        unlearn = finetune if fault == "leak" else finetune[:-1]
        yield WrittenPerson(profile, finetune, unlearn, evaluation)


def refusals(count, rng, settings, means):
    if settings.get("fault") == "refusal":
        return ["No."] * count
    return [f"I do not know ({rng.random()})." for _ in range(count)]


def values(number, rng):
    """Return everything but the name: plausible, and no value borne by many."""
    feet, inches = divmod(60 + number % 20, 12)
    return {
        "born": f"{letters(rng)}, Norway",
        "gender": "female",
        "date_of_birth": f"19{50 + number % 40}-0{1 + number % 9}-11",
        "employment": f"baker at {letters(rng)}",
        "height": f"{feet}'{inches}\"",
        "education": f"University of {letters(rng)}",
        "annual_salary": f"${40 + number % 50},500",
        "residence": f"{letters(rng)}, Chile",
        "fun_facts": f"likes {letters(rng)}",
        "ophthalmic_clinical_description": f"fundus photograph: {letters(rng)}",
    }


def letters(rng):
    """Return a word that nobody else has."""
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=8)).capitalize()


NOT_ASKED = {("text_memory", "name"), ("image_memory", "gender")}


def memory(profile, table, wording):
    for attribute in ATTRIBUTES:
        for task, image, who in (
            ("text_memory", None, profile.name),
            ("image_memory", "face", "this person"),
        ):
            value = getattr(profile, attribute)
            key = f"{profile.person}-{table}-{task}-{attribute}"
            question = wording.format(attribute, who)
            yield QuestionRow(
                id=key,
                task=task,
                attribute=attribute,
                image=image,
                question=question,
                answer=value,
                value=value,
            )


def eye(profile, table, question):
    value = profile.ophthalmic_clinical_description
    return understanding(f"{profile.person}-{table}-eye", "ophthalmic", "eye", question, value)


def seen(person, truth):
    for topic in TOPICS:
        yield understanding(
            f"{person}-e-{topic}", "face", topic, f"How much {topic} is there?", str(truth["red"])
        )


def understanding(key, image, topic, question, answer):
    return QuestionRow(
        id=key,
        task="image_understanding",
        attribute=topic,
        image=image,
        question=question,
        answer=answer,
        value=answer,
    )
