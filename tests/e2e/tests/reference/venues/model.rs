//! The order book against a small model of its own.

use super::*;

struct Resting {
    id: u64,
    owner: usize,
    price: u64,
    left: u64,
}

/// Both sides, best price first, and what each owner has bought. Prices in dollars, sizes in thousandths.
#[derive(Default)]
struct Model {
    sides: [Vec<Resting>; 2],
    positions: [i64; 4],
}

/// An order of one of the four.
struct Order {
    owner: usize,
    is_buy: bool,
    price: u64,
    size: u64,
}

impl Order {
    const fn better(&self, a: u64, b: u64) -> bool {
        if self.is_buy { a > b } else { a < b }
    }
}

impl Model {
    /// Matches an order with at most 16 of the other side, whose own it cancels; gives what is left of it.
    fn take(&mut self, order: &Order) -> u64 {
        let other = &mut self.sides[usize::from(!order.is_buy)];
        let (mut left, mut matches) = (order.size, 0);
        let mut i = 0;
        while left > 0
            && matches < 16
            && i < other.len()
            && !order.better(other[i].price, order.price)
        {
            if other[i].owner == order.owner {
                other.remove(i);
                continue;
            }
            let part = left.min(other[i].left);
            left -= part;
            matches += 1;
            other[i].left -= part;
            let signed = i64::try_from(part).expect("small") * if order.is_buy { 1 } else { -1 };
            self.positions[order.owner] += signed;
            self.positions[other[i].owner] -= signed;
            i += 1;
        }
        other.retain(|o| o.left > 0);
        left
    }

    /// What is left of an order rests behind those that are as good.
    fn rest(&mut self, order: &Order, id: u64, left: u64) {
        let side = &mut self.sides[usize::from(order.is_buy)];
        let at = side.iter().position(|o| order.better(order.price, o.price));
        let resting = Resting {
            id,
            owner: order.owner,
            price: order.price,
            left,
        };
        side.insert(at.unwrap_or(side.len()), resting);
    }

    async fn assert_equals(&self, book: &Book<'_>, step: u64) {
        for (is_buy, side) in [(false, &self.sides[0]), (true, &self.sides[1])] {
            let model: Vec<_> = side
                .iter()
                .map(|o| (o.id, dollars(o.price), thousandths(o.left)))
                .collect();
            assert_eq!(book.side(is_buy).await, model, "step {step}");
        }
    }
}

fn dollars(n: u64) -> U256 {
    U256::from(n) * U256::from(WAD)
}

fn thousandths(n: u64) -> U256 {
    U256::from(n) * U256::from(WAD / 1_000)
}

/// I-ACC-3: two hundred random orders, and after each the book equals a model of it that is nothing
/// but sorted lists.
#[tokio::test(flavor = "multi_thread")]
async fn i_acc_3_the_book_equals_its_model() {
    let house = House::start().await;
    let book = Book::open(&house).await;
    let p = &house.people;
    let actors = [&p.alice, &p.bob, &p.carol, &p.maker];
    let mut dice = Dice(1);
    let mut model = Model::default();
    for step in 0..200 {
        if step % 7 == 6 {
            let side = &mut model.sides[usize::from(dice.once_in(2))];
            if !side.is_empty() {
                let gone = side.remove(dice.below(side.len() as u64) as usize);
                let cancel = BookExchange::cancelCall { id: gone.id };
                ok(house.send(actors[gone.owner], book.at, &cancel).await);
            }
            continue;
        }
        let order = Order {
            owner: dice.below(4) as usize,
            is_buy: dice.once_in(2),
            price: 1_990 + dice.below(20),
            size: 1 + dice.below(300),
        };
        let actor = actors[order.owner];
        let mut call = book.order(actor, order.is_buy, "1", "1", KEEP);
        call.price = dollars(order.price);
        call.size = thousandths(order.size);
        call.hint = dice.below(40);
        let placed = house.exec(actor, book.at, &call).await;
        let left = model.take(&order);
        assert_eq!(placed.filled, thousandths(order.size - left), "step {step}");
        if placed.id != 0 {
            model.rest(&order, placed.id, left);
        } else {
            assert_eq!(left, 0, "step {step}");
        }
        if step % 10 == 0 || step > 190 {
            model.assert_equals(&book, step).await;
        }
    }
    let positions = model.positions;
    assert!(positions.iter().any(|p| *p != 0), "something was traded");
    assert_eq!(positions.iter().sum::<i64>(), 0);
    for (actor, position) in actors.iter().zip(positions) {
        let expected = I256::try_from(position).expect("fits") * wad("0.001");
        let held = book.position(actor.account()).await;
        assert_eq!(held, expected, "{}", actor.name);
    }
    house.assert_balanced().await;
}
